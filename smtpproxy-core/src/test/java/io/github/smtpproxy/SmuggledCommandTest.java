package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A command behind a CR or LF that stands alone is data to the one that sent it, and is no command here: at every verb,
 * wherever in a session, and also where the line end comes in one read and the rest in the next.
 */
class SmuggledCommandTest extends ProxyTest {

    private static final String EVIL = "MAIL FROM:<evil@c.test>";
    private static final String REFUSED = "500 5.5.2 ";

    private static final List<String> VERBS = List.of(
            "NOOP <250 x>",
            "EHLO client.test",
            "HELO client.test",
            "MAIL FROM:<a@client.test>",
            "RCPT TO:<b@dest.test>",
            "DATA",
            "BDAT 0 LAST",
            "RSET",
            "VRFY a",
            "EXPN a",
            "HELP",
            "QUIT",
            "STARTTLS",
            "AUTH LOGIN",
            "XCLIENT ADDR=192.0.2.1",
            "FROB",
            "",
            "NOOP \0",
            "x".repeat(3_000));

    private static final Endpoint OPEN =
            ENDPOINT.offerStartTls(Certificate.LOCAL.shown()).xclientFrom(AddressRange.parse("127.0.0.0/8"));

    static Stream<Arguments> verbsOnBothKindsOfConnection() {
        return VERBS.stream().flatMap(v -> Stream.of(Arguments.of(v, false), Arguments.of(v, true)));
    }

    private Dialogue client(boolean tls) {
        destination.offers("AUTH PLAIN LOGIN");
        Dialogue client = clientOf(proxy(OPEN)).greets();
        return tls
                ? client.startsTls(Certificate.LOCAL.trusted())
                        .says("EHLO client.test")
                        .hears("250")
                : client;
    }

    @ParameterizedTest
    @MethodSource("verbsOnBothKindsOfConnection")
    void a_command_that_comes_after_a_bare_line_feed_was_refused_is_none(String verb, boolean tls) {
        Dialogue client = client(tls).sends(verb + "\n");
        if (verb.length() < 2_000) {
            // the rest comes in another read for certain
            client.hears(REFUSED).sends(EVIL + "\r\n");
        } else {
            client.sends(EVIL + "\r\n").hears(REFUSED);
        }
        client.says("NOOP").hears("250").envelope();
        assertNothingEvil();
    }

    @ParameterizedTest
    @MethodSource("verbsOnBothKindsOfConnection")
    void a_group_is_answered_once_for_each_of_its_lines(String verb, boolean tls) {
        client(tls)
                .sends("NOOP\r\n" + verb + "\n" + EVIL + "\r\nRSET\r\n" + verb + "\r" + EVIL + "\r\nNOOP\r\n")
                .hears("250 2.0.0 Noop")
                .hears(REFUSED)
                .hears("250 2.0.0 Reset")
                .hears(REFUSED)
                .hears("250 2.0.0 Noop");
        assertNothingEvil();
    }

    @Test
    void nor_in_a_group_of_a_transaction() {
        client(false)
                .sends("MAIL FROM:<a@client.test>\r\n"
                        + "RCPT TO:<b@dest.test>\n"
                        + "RCPT TO:<evil@dest.test>\r\n"
                        + "RCPT TO:<c@dest.test>\r\n")
                .hears("250")
                .hears(REFUSED)
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<c@dest.test>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BDAT 60\nx\r\n",
                "bdat 60 LAST\n\r\n",
                "BDAT 60\r\r\n",
                "BDAT 60 \0\r\n",
                "BDAT 60\0 LAST\r\n",
                "BDAT\0 60\r\n",
                "BDAT\t60\r\n",
                " BDAT 60\r\n"
            })
    void nor_is_what_is_in_a_chunk_whose_beginning_nobody_knows(String line) {
        for (boolean inTransaction : List.of(false, true)) {
            destination.offers("CHUNKING");
            Dialogue client = clientOf(proxy(OPEN)).greets();
            if (inTransaction) {
                client.envelope();
            }
            client.sends(line + EVIL + "\r\nRCPT TO:<evil@dest.test>\r\n").hears("500 5.5");
            assertThat(client.rest()).isEmpty();
            assertNothingEvil();
        }
    }

    @Test
    void nor_is_what_is_in_a_chunk_whose_line_is_too_long() {
        destination.offers("CHUNKING");
        Dialogue client = clientOf(proxy(OPEN)).greets();
        client.sends("BDAT 60" + " ".repeat(3_000) + "\r\n" + EVIL + "\r\n").hears("500 5.5.2");
        assertThat(client.rest()).isEmpty();
        assertNothingEvil();
    }

    @Test
    void nor_behind_the_end_of_a_message() {
        client(false)
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("hello\r\n.\r\nNOOP\n")
                .hears("250 2.0.0 Ok: queued")
                .hears(REFUSED)
                .sends(EVIL + "\r\nNOOP\r\n")
                .hears("250 2.0.0 Noop");
        assertNothingEvil();
    }

    @Test
    void nor_behind_xclient() {
        client(false)
                .says("XCLIENT ADDR=192.0.2.1")
                .hears("220")
                .says("EHLO client.test")
                .hears("250")
                .sends("NOOP\n")
                .hears(REFUSED)
                .sends(EVIL + "\r\nNOOP\r\n")
                .hears("250 2.0.0 Noop");
        assertNothingEvil();
    }

    @Test
    void nor_in_a_relayed_login() {
        destination.on("AUTH LOGIN").reply("334 VXNlcm5hbWU6");
        destination.on("*").reply("501 5.7.0 dest.test hears that you cancel");
        client(false)
                .says("AUTH LOGIN")
                .hears("334")
                .sends("YWxpY2U=\n")
                .hears("501 5.5.2")
                .sends(EVIL + "\r\nNOOP\r\n")
                .hears("250 2.0.0 Noop");
        assertNothingEvil();
        assertThat(destination.heard("YWxpY2U=")).isEmpty();
    }

    @Test
    void nor_in_a_login_that_ends_here() {
        Endpoint users = ENDPOINT.authenticate((user, password) -> password.equals("sesame"))
                .plaintextAuthentication(true);
        Dialogue client = clientOf(proxy(users)).greets();
        for (String answer : List.of("YWxpY2U=\n", "YWxpY2U=\r\r\n", "YWxpY2U=\0\r\n")) {
            client.says("AUTH LOGIN").hears("334").sends(answer).hears("501 5.5.2");
            if (!answer.endsWith("\r\n")) {
                client.sends("AUTH PLAIN AGFsaWNlAHNlc2FtZQ==\r\n");
            }
            client.says(EVIL).hears("530 5.7.0");
        }
        assertNothingEvil();
    }

    @Test
    void a_client_that_ends_its_lines_in_line_feeds_is_understood_where_the_endpoint_says_so() {
        destination.offers("AUTH PLAIN LOGIN");
        destination.on("AUTH LOGIN").reply("334 VXNlcm5hbWU6");
        destination.on("YWxpY2U=").reply("235 2.7.0 Welcome");
        clientOf(proxy(ENDPOINT.bareNewlines(BareNewlines.NORMALIZE)))
                .greets()
                .sends("NOOP\nAUTH LOGIN\n")
                .hears("250 2.0.0 Noop")
                .hears("334")
                .sends("YWxpY2U=\n")
                .hears("235")
                .sends("MAIL FROM:<a@client.test>\nNOOP x\rRCPT TO:<evil@dest.test>\nRCPT TO:<b@dest.test>\n")
                .hears("250")
                .hears(REFUSED)
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@dest.test>");
        assertThat(destination.heard()).noneMatch(l -> l.contains("\r") || l.contains("\n"));
    }

    private void assertNothingEvil() {
        assertThat(destination.heard()).noneMatch(l -> l.contains("evil") || l.contains("\r") || l.contains("\n"));
    }
}
