package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What is no SMTP, or not carried, is said to nobody: requests of HTTP, and verbs and parameters of what is hidden. */
class ForeignCommandsTest extends ProxyTest {

    private static final String MAIL =
            "EHLO evil.test\r\nMAIL FROM:<evil@c.test>\r\nRCPT TO:<b@dest.test>\r\nDATA\r\nx\r\n.\r\n";
    private static final String NOT_SMTP = "421 4.7.0 This is SMTP";

    static Stream<Arguments> requests() {
        Stream<String> methods =
                Stream.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
        Stream<String> lines = Stream.concat(
                methods.flatMap(
                        m -> Stream.of(m + " / HTTP/1.1\r\n", m.toLowerCase(Locale.ROOT) + "\r\n", m + "\t/\r\n")),
                Stream.of(
                        "PRI * HTTP/2.0\r\n",
                        "PROPFIND /x HTTP/1.1\r\n",
                        "DESCRIBE rtsp://x RTSP/1.0\r\n",
                        " POST / HTTP/1.1\r\n",
                        "POST / HTTP/1.1\n",
                        "POST /\0 HTTP/1.1\r\n",
                        "POST /\r HTTP/1.1\r\n",
                        "POST /" + "x".repeat(3_000) + " HTTP/1.1\r\n",
                        "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003ticket\r\n",
                        "Host: dest.test\r\n",
                        "content-type:text/plain\r\n"));
        return lines.flatMap(l -> Stream.of(Arguments.of(l, false), Arguments.of(l, true)));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void a_request_ends_the_session_whatever_is_in_its_body(String request, boolean tls) {
        destination.on("GET").reply("250 2.0.0 dest.test knows that");
        destination.on("POST").reply("250 2.0.0 dest.test knows that");
        Dialogue client = tls
                ? clientOf(proxy(ENDPOINT.implicitTls(Certificate.LOCAL.shown())))
                        .secures(Certificate.LOCAL.trusted())
                : clientOf(proxy());
        client.sends(request + "Host: x\r\n\r\n" + MAIL).hears("220").hearsLine(NOT_SMTP);
        assertThat(client.rest()).isEmpty();
        assertThat(destination.heard()).isEmpty();
    }

    @Test
    void a_request_ends_it_within_a_transaction_and_before_tls_and_login_too() {
        clientOf(proxy())
                .greets()
                .envelope()
                .says("POST / HTTP/1.1")
                .hearsLine(NOT_SMTP)
                .hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
        Endpoint strict = ENDPOINT.requireStartTls(Certificate.LOCAL.shown()).authenticate((user, password) -> true);
        clientOf(proxy(strict)).greets().says("GET /").hearsLine(NOT_SMTP).hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GETX", "POSTMASTER a", "PUTS", "HEADER", "NOOP GET / HTTP", "VRFY Host:", "HELP POST"})
    void a_word_that_only_resembles_a_request_is_a_command(String line) {
        clientOf(proxy()).greets().says(line).reply();
        assertThat(destination.heard()).contains(line);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-EXPS LOGIN",
                "x-exps=LOGIN",
                "X-EXPS\tLOGIN",
                " X-EXPS LOGIN",
                "X-ANONYMOUSTLS",
                "XEXCH50 10 2",
                "X-LINK2STATE FIRST",
                "XADR",
                "XSTA",
                "XGEN",
                "XPROXY SID=1",
                "XPROXYFROM SID=1",
                "XSESSIONPARAMS x",
                "ETRN dest.test",
                "ATRN",
                "TURN",
                "BURL imap://x LAST",
                "PRDR",
                "PROXY TCP4 192.0.2.1 192.0.2.2 1 2"
            })
    void verbs_of_what_is_hidden_stay_here(String line) {
        destination.offers("X-EXPS GSSAPI LOGIN", "X-ANONYMOUSTLS", "XEXCH50", "PRDR", "ETRN", "BURL");
        clientOf(proxy()).greets().says(line).hears("50").says("NOOP").hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PRDR", "prdr", "SIZE=1 PRDR", "XOORG=ours.test", "X-EXPS=a", "REQUIRETLS", "RequireTLS"})
    void parameters_of_what_is_hidden_stay_here(String parameter) {
        destination.offers("PRDR", "XOORG", "REQUIRETLS");
        clientOf(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test> " + parameter)
                .hears("555 5.5.4 Unsupported option: ")
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test> " + parameter)
                .hears("555 5.5.4 Unsupported option: ")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        assertThat(destination.heard())
                .containsExactly("EHLO client.test", "MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>");
    }

    @Test
    void no_spelling_of_what_is_hidden_is_offered() {
        destination.offers(
                "REQUIRETLS now", "requiretls=now", "PRDR=", "XEXCH50=1", "STARTTLS=", "XCLIENT=NAME", "DSN");
        Dialogue client = clientOf(proxy()).hears("220").says("EHLO client.test");
        assertThat(client.reply())
                .anyMatch(l -> l.endsWith("DSN"))
                .noneMatch(l -> l.matches("(?i).*(REQUIRETLS|PRDR|XEXCH50|STARTTLS|XCLIENT).*"));
        client.says("MAIL FROM:<a@client.test> REQUIRETLS").hears("555 5.5.4");
    }

    @Test
    void requiretls_is_relayed_where_it_was_offered() {
        destination.startTls(Certificate.LOCAL.shown()).offers("REQUIRETLS");
        Destination verified =
                destination.destination().startTls(StartTls.VERIFIED).trust(Certificate.LOCAL.trusted());
        Dialogue client = clientOf(proxy(ENDPOINT.offerStartTls(Certificate.LOCAL.shown()), Router.to(verified)))
                .greets();
        client.says("MAIL FROM:<a@client.test> REQUIRETLS").hears("555 5.5.4");
        client.startsTls(Certificate.LOCAL.trusted()).says("EHLO client.test").hears("250");
        client.says("MAIL FROM:<a@client.test> REQUIRETLS").hears("250");
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test> REQUIRETLS");
    }

    @ParameterizedTest
    @CsvSource({"'X-EXPS LOGIN ',X-EXPS", "x-exps=,X-EXPS", "'XAUTH ',XAUTH", "'X-AUTH PLAIN ',X-AUTH"})
    void what_stands_behind_a_verb_like_auth_is_written_nowhere(String verb, String shown) {
        List<String> lines = new CopyOnWriteArrayList<>();
        List<String> logged =
                logged(() -> clientOf(proxy().transcript((session, lane, fromProxy, line) -> lines.add(line)))
                        .greets()
                        .says(verb + "AGFsaWNlAHNlc2FtZQ==")
                        .hears("50")
                        .says("c2VzYW1l")
                        .hears("50")
                        .says("QUIT")
                        .hears("221")
                        .hearsTheEnd());
        assertThat(lines).contains(shown + " (redacted)").noneMatch(l -> l.contains("AGFs") || l.contains("c2Vz"));
        assertThat(logged).noneMatch(l -> l.contains("AGFs") || l.contains("c2Vz"));
    }

    @Test
    void what_a_destination_says_reaches_no_log_as_it_is() {
        String odd = "\u001b[2J \u009b2J \u00e9";
        List<String> logged = logged(() -> {
            destination.on("connect").reply("554 5.7.1 " + odd);
            clientOf(proxy()).hears("554");
            destination.on("connect").reply("220 dest.test");
            destination.on("EHLO").reply("250-dest.test", "250-STARTTLS", "250 XFORWARD ADDR");
            destination.on("STARTTLS").reply("454 4.7.0 " + odd);
            clientOf(proxy(ENDPOINT, Router.to(destination.destination().startTls(StartTls.REQUIRED))))
                    .hears("220")
                    .says("EHLO client.test")
                    .hears("421");
            destination.on("XFORWARD").reply("501 5.5.4 " + odd);
            destination.on("MAIL").reply("550 5.7.1 " + odd);
            destination.on("RSET").reply("354 " + odd);
            clientOf(proxy(ENDPOINT, Router.to(destination.destination().announce(ClientAnnouncement.XFORWARD))))
                    .greets()
                    .says("MAIL FROM:<a@client.test>")
                    .hears("550")
                    .says("RSET")
                    .hears("4");
        });
        assertThat(logged).anyMatch(l -> l.contains("XFORWARD")).anyMatch(l -> l.contains("STARTTLS"));
        assertThat(logged).noneMatch(l -> l.chars().anyMatch(c -> c < ' ' || c > '~'));
    }

    private List<String> logged(Runnable during) {
        Logger all = (Logger) LoggerFactory.getLogger("io.github.smtpproxy");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        all.addAppender(log);
        all.setAdditive(false);
        all.setLevel(Level.TRACE);
        try {
            during.run();
            return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        } finally {
            all.setLevel(null);
            all.setAdditive(true);
            all.detachAppender(log);
        }
    }
}
