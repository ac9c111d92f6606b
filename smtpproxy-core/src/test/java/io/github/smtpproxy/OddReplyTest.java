package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What RFC 5321 §4.2 says of replies: the code counts, and that of the last line. */
class OddReplyTest extends ProxyTest {

    private static final String LONG = "x".repeat(10_000);

    @BeforeEach
    void the_destination_takes_chunks() {
        destination.takesChunks();
    }

    @Test
    void a_greeting_that_begins_as_a_welcome_and_ends_as_a_refusal() {
        destination.on("connect").reply("220-dest.test ESMTP", "521 5.7.1 dest.test knows your address");
        clientOf(proxy())
                .hearsLine("521 5.7.1 dest.test knows your address")
                .says("QUIT")
                .rest();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\r", "\t", "\u0007", "\0", " \u00C3\u00A9"})
    void control_characters_and_long_lines_at_every_step(String odd) {
        destination.on("connect").reply("220 dest.test ESMTP" + odd);
        destination.on("EHLO").reply("250-dest.test" + odd, "250-CHUNKING", "250\tHELP");
        destination.on("MAIL").reply("250" + odd + "2.1.0 Sender ok" + odd);
        destination.on("RCPT").reply("250 " + odd + LONG);
        destination.on("DATA").reply("354 Go" + odd + "ahead" + odd);
        destination.on(".").reply("250\t2.0.0 Ok" + odd + LONG + odd);
        destination.on("BDAT").reply("250\t2.0.0 Ok" + odd + LONG + odd);
        destination.on("RSET").reply("250 2.0.0 Reset" + odd);
        destination.on("QUIT").reply("221 2.0.0 Bye" + odd);
        Dialogue client = clientOf(proxy())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354 Go")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok")
                .envelope()
                .says("BDAT 7 LAST")
                .sends("hello\r\n")
                .hears("250 2.0.0 Ok")
                .says("RSET")
                .hears("250 2.0.0 Reset")
                .says("QUIT")
                .hears("221 2.0.0 Bye");
        assertThat(destination.messages()).containsExactly("hello\r\n", "hello\r\n");
        assertThat(client.transcript()).doesNotContain("\\x00", "\\x07");
    }

    @ParameterizedTest
    @EnumSource
    void the_last_line_counts_at_the_end_of_data(Looking looking) {
        destination.on(".").reply("250-2.0.0 dest.test has it", "554 5.7.1 and does not want it");
        clientOf(looking.in(proxy()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hearsLine("554 5.7.1 and does not want it");
    }

    @ParameterizedTest
    @CsvSource({"MAIL FROM:<a@client.test>, MAIL", "VRFY a, VRFY", "RSET, RSET", "NOOP, NOOP"})
    void and_of_every_command(String command, String verb) {
        destination.on(verb).reply("250-2.0.0 dest.test says yes", "450-4.2.0 maybe", "451 4.2.0 no");
        assertThat(clientOf(proxy()).greets().says(command).reply())
                .isEqualTo(List.of("451-4.2.0 maybe", "451 4.2.0 no"));
    }

    @Test
    void large_replies_are_told_before_their_group_is_complete() {
        String[] large = Collections.nCopies(10, "250-" + "x".repeat(4_000)).toArray(String[]::new);
        large[9] = "250 done";
        destination.on("EHLO").reply("250 dest.test");
        destination.on("RCPT").reply(large);
        destination.on("RCPT TO:<slow").fail(Fault.STALL);
        clientOf(proxy())
                .greets()
                .saysTogether(
                        "MAIL FROM:<a@client.test>",
                        "RCPT TO:<b@dest.test>",
                        "RCPT TO:<c@dest.test>",
                        "RCPT TO:<slow@dest.test>")
                .hears("250")
                .hears("250-x")
                .hears("250-x");
        destination.close();
    }
}
