package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.testing.Dialogue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client may try, and that the destination never hears a command or a message which the client did not send. */
class HostileInputTest extends ProxyTest {

    /** What a smuggler hopes is read as a second transaction. */
    private static final String SMUGGLED =
            "MAIL FROM:<admin@dest.test>\r\nRCPT TO:<victim@dest.test>\r\nDATA\r\nsmuggled\r\n";

    private static final List<String> FALSE_ENDS = List.of(
            "\n.\n",
            "\r.\r",
            "\n.\r\n",
            "\r\n.\n",
            "\r.\r\n",
            "\r\n.\r",
            "\r\n.\rX\r\n",
            "\n.\r",
            "\r.\n",
            "\n\n.\n\n",
            "\r\r\n.\r\r\n",
            "\r\n.\0\r\n\n",
            "\r\n\r.\r\n",
            "\n\r.\n\r");

    static Stream<Arguments> falseEndsInEverySplit() {
        return FALSE_ENDS.stream()
                .flatMap(end -> IntStream.rangeClosed(0, end.length())
                        .mapToObj(at -> Arguments.of(
                                end.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0"), end, at)));
    }

    @ParameterizedTest(name = "{0} split at {2}")
    @MethodSource("falseEndsInEverySplit")
    void a_false_end_of_data_is_refused_and_smuggles_nothing(String name, String end, int splitAt) {
        Dialogue client = clientOf(proxy())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("Subject: x\r\n\r\nhello" + end.substring(0, splitAt));
        client.sends(end.substring(splitAt) + SMUGGLED);
        client.sends("\r\n.\r\n").hears("550 5.5.2 ").says("NOOP").hears("250");
        assertNothingSmuggled(0);
    }

    @ParameterizedTest(name = "{0} split at {2}")
    @MethodSource("falseEndsInEverySplit")
    void a_normalized_false_end_of_data_stays_inside_the_one_message(String name, String end, int splitAt) {
        Dialogue client = clientOf(proxy(ENDPOINT.bareNewlines(BareNewlines.NORMALIZE)))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("Subject: x\r\n\r\nhello" + end.substring(0, splitAt));
        client.sends(end.substring(splitAt) + SMUGGLED);
        client.sends("\r\n.\r\n").hears("250").says("NOOP").hears("250");
        assertNothingSmuggled(1);
        assertThat(destination.messages().get(0).replace("\r\n", ""))
                .doesNotContain("\r")
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n"})
    void a_passed_false_end_of_data_stays_inside_the_one_message(String end) {
        String message = "Subject: x\r\n\r\nhello" + end + SMUGGLED;
        clientOf(proxy(ENDPOINT.bareNewlines(BareNewlines.PASS)))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends(message + ".\r\n")
                .hears("250")
                .says("NOOP")
                .hears("250");
        assertNothingSmuggled(1);
        assertThat(destination.messages()).containsExactly(message);
    }

    @Test
    void the_end_of_data_is_found_in_every_split() {
        Dialogue client = clientOf(proxy()).greets();
        String message = "Subject: x\r\n\r\nhello\r\n.\r\n";
        for (int at = 0; at <= message.length(); at++) {
            client.envelope().says("DATA").hears("354");
            client.sends(message.substring(0, at)).sends(message.substring(at)).hears("250 2.0.0 Ok: queued");
        }
        assertThat(destination.messages()).hasSize(message.length() + 1).containsOnly("Subject: x\r\n\r\nhello\r\n");
    }

    @Test
    void a_message_that_comes_octet_by_octet_arrives() {
        Dialogue client = clientOf(proxy()).greets().envelope().says("DATA").hears("354");
        for (byte octet : "hi\r\n..\r\n.\r\n".getBytes(StandardCharsets.US_ASCII)) {
            client.sends(new byte[] {octet});
        }
        client.hears("250");
        assertThat(destination.messages()).containsExactly("hi\r\n..\r\n");
    }

    @Test
    void an_empty_message_arrives_empty() {
        clientOf(proxy())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(destination.messages()).containsExactly("");
    }

    @ParameterizedTest
    @EnumSource(BareNewlines.class)
    void nul_in_a_message_is_content(BareNewlines policy) {
        clientOf(proxy(ENDPOINT.bareNewlines(policy)))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("a\0b\r\n.\r\n")
                .hears("250");
        assertThat(destination.messages()).containsExactly("a\0b\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NOOP\n\r\n",
                "NOOP\nMAIL FROM:<x@y.test>\r\n",
                "NOOP x\rMAIL FROM:<x@y.test>\r\n",
                "MAIL FROM:<a@client.test>\nRCPT TO:<b@dest.test>\r\n",
                "MAIL FROM:<a@client.test>\rRSET\r\n",
                "MAIL FROM:<a\r@client.test>\r\n",
                "EHLO client.test\nMAIL FROM:<x@y.test>\r\n",
                "EHLO client.test\rMAIL FROM:<x@y.test>\r\n",
                "NOOP\0\r\n",
                "MAIL FROM:<a@client.test\0>\r\n",
                "\0MAIL FROM:<a@client.test>\r\n",
                "RCPT TO:<b@dest.test>\0\r\n"
            })
    void a_command_with_bare_line_end_or_nul_is_500_5_5_2_and_stays_with_the_proxy(String line) {
        String flawed = line.split("[\\r\\n\0]", 2)[0];
        Dialogue client = clientOf(proxy()).greets().sends(line);
        client.hears("500 5.5.2 ");
        client.sends("RSET\r\n");
        String last = "";
        while (!last.contains("Reset")) {
            last = client.reply().get(0);
        }
        assertThat(destination.heard().stream().filter(h -> h.contains("\r") || h.contains("\n") || h.contains("\0")))
                .isEmpty();
        List<String> afterHello =
                destination.heard().subList(1, destination.heard().size());
        assertThat(afterHello).doesNotContain(flawed);
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DATAX",
                "DATA X",
                "RCPTTO:<b@dest.test>",
                "RCPT TO <b@dest.test>",
                "RCPT TO:",
                "RCPT TO:<>",
                "RCPT TO:<b@dest.test",
                "RCPT TO:<b@dest.test>NOTIFY=NEVER",
                "RCPT TO:<\"b@dest.test>",
                "RCPT TO:<b@dest.test> =",
                "RCPT TO:<@a.test b@dest.test>",
                "RCPTX TO:<b@dest.test>",
                "MAILFROM:<b@dest.test>",
                "MAILX",
                "RSETX",
                "QUITX",
                "STARTTLSX",
                " RCPT TO:<b@dest.test>",
                "\tDATA",
                "DATA\tX"
            })
    void what_only_resembles_a_command_of_a_transaction_stays_with_the_proxy(String line) {
        clientOf(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says(line)
                .hears("5")
                .says("RCPT TO:<good@dest.test>")
                .hears("250");
        assertThat(destination.heard())
                .containsExactly("EHLO client.test", "MAIL FROM:<a@client.test>", "RCPT TO:<good@dest.test>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MAIL FROM:",
                "MAIL FROM",
                "MAIL FROM:<a@client.test",
                "MAIL FROM:<a@client.test>X",
                "MAIL FROM:<a@client.test> SIZE=",
                "MAIL FROM:<a b@client.test>",
                "MAIL FROM:<a@client.test> <b@client.test>",
                "MAIL TO:<a@client.test>"
            })
    void a_sender_that_only_the_destination_can_read_begins_no_transaction(String line) {
        destination.on("MAIL ").reply("250 2.1.0 Sender ok");
        clientOf(proxy()).greets().says(line).hears("501 5.5.").says("NOOP").hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", line, "RSET", "NOOP");
    }

    @Test
    void a_sender_that_nobody_can_read_is_refused_in_the_destinations_words() {
        destination.on("MAIL FROM:<a b").reply("553 5.1.7 dest.test does not like it");
        clientOf(proxy()).greets().says("MAIL FROM:<a b@client.test>").hears("553 5.1.7 dest.test does not like it");
    }

    @Test
    void an_empty_line_is_the_destinations_to_answer() {
        clientOf(proxy()).greets().says("").hears("500 5.5.1 dest.test does not know that");
    }

    @Test
    void commands_pipelined_behind_data_are_content() {
        clientOf(proxy())
                .greets()
                .saysTogether(
                        "MAIL FROM:<a@client.test>",
                        "RCPT TO:<b@dest.test>",
                        "DATA",
                        "MAIL FROM:<x@y.test>",
                        "RSET",
                        ".",
                        "NOOP")
                .hears("250")
                .hears("250")
                .hears("354")
                .hears("250 2.0.0 Ok: queued")
                .hears("250");
        assertThat(destination.messages()).containsExactly("MAIL FROM:<x@y.test>\r\nRSET\r\n");
        assertThat(destination.heard("MAIL")).hasSize(1);
        assertThat(destination.heard("RSET")).isEmpty();
    }

    @Test
    void a_message_pipelined_behind_a_refused_data_is_no_message() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        destination.on("DATA").reply("554 5.5.1 No valid recipients");
        clientOf(proxy())
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA", "RSET")
                .hears("250")
                .hears("550 5.1.1")
                .hears("554 5.5.1")
                .hears("250 2.0.0 Reset");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_destination_that_takes_data_without_recipients_is_told_no_more_than_that() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        Dialogue client = clientOf(proxy())
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA")
                .hears("250")
                .hears("550 5.1.1");
        if (client.reply().get(0).startsWith("354")) {
            client.says(".").reply();
        }
        assertThat(destination.heard("MAIL")).hasSize(1);
    }

    @Test
    void ten_thousand_recipients_in_one_write_are_answered_one_by_one() {
        int sent = 10_000;
        StringBuilder group = new StringBuilder("MAIL FROM:<a@client.test>\r\n");
        IntStream.range(0, sent)
                .forEach(i -> group.append("RCPT TO:<r").append(i).append("@dest.test>\r\n"));
        Dialogue client = clientOf(proxy()).greets();
        Thread writer = new Thread(() -> client.sends(group.toString()), "writer");
        writer.setDaemon(true);
        writer.start();
        client.hears("250 2.1.0");
        for (int i = 0; i < sent; i++) {
            client.hears(i < 1_000 ? "250 2.1.5" : "452 4.5.3");
        }
        client.says("NOOP").hears("250");
        assertThat(destination.heard("RCPT")).hasSize(1_000);
    }

    @Test
    void a_megabyte_without_line_end_is_one_line_too_long() {
        clientOf(proxy())
                .greets()
                .sends("x".repeat(1 << 20))
                .sends("\r\n")
                .hears("500 5.5.2 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @Test
    void a_megabyte_without_line_end_in_a_message_is_content() {
        String line = "x".repeat(1 << 20);
        clientOf(proxy())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends(line + "\r\n.\r\n")
                .hears("250");
        assertThat(destination.messages()).containsExactly(line + "\r\n");
    }

    @Test
    void the_tail_of_a_line_too_long_is_no_command() {
        clientOf(proxy())
                .greets()
                .says("NOOP " + "x".repeat(2_043) + "MAIL FROM:<x@y.test>")
                .hears("500 5.5.2 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @Test
    void a_refused_message_of_megabytes_is_swallowed_and_the_next_one_arrives() {
        Dialogue client = clientOf(proxy()).greets().envelope().says("DATA").hears("354");
        client.sends("bare\nline feed\r\n").sends("MAIL FROM:<x@y.test>\r\n".repeat(100_000));
        client.says(".").hears("550 5.5.2 ");
        client.envelope().says("DATA").hears("354").says("good").says(".").hears("250 2.0.0 Ok: queued");
        assertThat(destination.messages()).containsExactly("good\r\n");
        assertThat(destination.heard("MAIL FROM:<x@y.test>")).isEmpty();
    }

    @Test
    void a_chunk_where_none_is_offered_is_no_command() {
        String chunk = "RSET\r\nMAIL FROM:<x@y.test>\r\n";
        clientOf(proxy())
                .greets()
                .sends("BDAT " + chunk.length() + " LAST\r\n" + chunk)
                .hears("50")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @Test
    void a_second_mail_in_a_transaction_never_reaches_a_second_transaction() {
        destination.on("MAIL FROM:<second").reply("503 5.5.1 Nested MAIL");
        clientOf(proxy())
                .greets()
                .envelope()
                .says("MAIL FROM:<second@client.test>")
                .hears("503 5.5.1")
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void a_client_that_resets_in_the_middle_of_a_message_leaves_no_message() {
        clientOf(proxy())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("hello\r\n.\r")
                .resets();
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_name_in_ehlo_cannot_bring_a_line_into_the_message() {
        Dialogue client = clientOf(proxy(ENDPOINT.received(true)))
                .hears("220")
                .says("EHLO evil (x) <y>\tz")
                .hears("250");
        client.envelope().says("DATA").hears("354").says("Subject: x").says(".").hears("250");
        assertThat(destination.messages()).hasSize(1);
        assertThat(destination.messages().get(0)).startsWith("Received: from ").endsWith("\r\nSubject: x\r\n");
    }

    private void assertNothingSmuggled(int messages) {
        assertThat(destination.messages()).hasSize(messages);
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test>");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@dest.test>");
        assertThat(destination.heard("smuggled")).isEmpty();
    }
}
