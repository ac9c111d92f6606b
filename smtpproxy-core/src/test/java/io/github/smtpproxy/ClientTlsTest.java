package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with the client: by STARTTLS (RFC 3207), and from the first octet (RFC 8314). */
class ClientTlsTest extends ProxyTest {

    private static final SSLContext SERVER = Certificate.LOCAL.shown();
    private static final SSLContext CLIENT = Certificate.LOCAL.trusted();
    private static final Endpoint OFFERED = ENDPOINT.offerStartTls(SERVER);
    private static final Endpoint REQUIRED = ENDPOINT.requireStartTls(SERVER);
    private static final Endpoint IMPLICIT = ENDPOINT.implicitTls(SERVER);

    private final List<Session> seen = new CopyOnWriteArrayList<>();

    private final Filter looking = new Filter() {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            seen.add(next.session());
            return next.proceed(mail);
        }
    };

    private static List<String> ehlo(Dialogue client) {
        return client.says("EHLO client.test").reply().stream()
                .map(line -> line.substring(4))
                .toList();
    }

    private static void sendsMessage(Dialogue client) {
        client.envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok: queued as T1")
                .says("QUIT")
                .hears("221 2.0.0 Bye from dest.test")
                .hearsTheEnd();
    }

    @Test
    void a_message_goes_by_starttls() {
        sendsMessage(clientOf(proxy(OFFERED))
                .greets()
                .startsTls(CLIENT)
                .says("EHLO again.test")
                .hears("250"));
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(destination.heard("EHLO")).containsExactly("EHLO client.test", "EHLO again.test");
        assertThat(destination.heard("STARTTLS")).isEmpty();
    }

    @Test
    void a_message_goes_by_implicit_tls() {
        Dialogue client = clientOf(proxy(IMPLICIT)).secures(CLIENT).hears("220 dest.test");
        assertThat(ehlo(client)).doesNotContain("STARTTLS").contains("PIPELINING");
        client.says("STARTTLS").hears("503 5.5.1");
        sendsMessage(client);
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @Test
    void starttls_is_offered_once_whatever_the_destination_offers_and_not_in_tls() {
        destination.offers("STARTTLS");
        Dialogue client = clientOf(proxy(OFFERED)).hears("220");
        assertThat(ehlo(client)).containsOnlyOnce("STARTTLS");
        client.startsTls(CLIENT);
        assertThat(ehlo(client)).doesNotContain("STARTTLS");
        client.says("STARTTLS").hears("503 5.5.1").says("NOOP").hears("250");
        assertThat(destination.heard("STARTTLS")).isEmpty();
    }

    @Test
    void starttls_is_offered_where_the_destination_does_not() {
        assertThat(ehlo(clientOf(proxy(OFFERED)).hears("220"))).containsOnlyOnce("STARTTLS");
    }

    @Test
    void an_endpoint_without_tls_neither_offers_starttls_nor_passes_it_on() {
        destination.startTls(SERVER);
        Dialogue client = clientOf(proxy()).hears("220");
        assertThat(ehlo(client)).doesNotContain("STARTTLS");
        client.says("STARTTLS").hears("502 5.5.1").says("NOOP").hears("250");
        assertThat(destination.heard("STARTTLS")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MAIL FROM:<a@client.test>",
                "RCPT TO:<b@dest.test>",
                "DATA",
                "AUTH PLAIN AGEAYg==",
                "VRFY b",
                "EXPN b",
                "HELP",
                "WHAT",
                "ETRN client.test"
            })
    void nothing_but_the_way_to_tls_is_taken_in_plaintext_where_it_is_required(String command) {
        destination.offers("AUTH PLAIN");
        clientOf(proxy(REQUIRED))
                .greets()
                .says(command)
                .hearsLine("530 5.7.0 Must issue a STARTTLS command first")
                .says("NOOP")
                .hears("250")
                .says("RSET")
                .hears("250")
                .says("HELO client.test")
                .hears("250")
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250")
                .envelope();
        assertThat(destination.heard())
                .startsWith("EHLO client.test", "NOOP", "RSET", "HELO client.test", "EHLO client.test");
    }

    @Test
    void a_chunk_that_is_refused_before_tls_is_swallowed() {
        clientOf(proxy(REQUIRED))
                .greets()
                .sends("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
                .hears("530 5.7.0")
                .hearsLine("250 2.0.0 Noop");
    }

    @Test
    void no_login_is_offered_in_plaintext_where_tls_is_required() {
        destination.offers("AUTH PLAIN");
        Dialogue client = clientOf(proxy(REQUIRED)).hears("220");
        assertThat(ehlo(client)).doesNotContain("AUTH PLAIN");
        client.startsTls(CLIENT);
        assertThat(ehlo(client)).contains("AUTH PLAIN");
    }

    @Test
    void a_tls_session_is_where_tls_is_required_one_like_any_other() {
        sendsMessage(clientOf(proxy(REQUIRED))
                .greets()
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250"));
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void plaintext_behind_starttls_is_never_executed() {
        clientOf(proxy(OFFERED))
                .greets()
                .saysTogether("STARTTLS", "MAIL FROM:<injected@evil.test>", "RSET", "HELP")
                .hears("220 2.0.0")
                .secures(CLIENT)
                .says("EHLO client.test")
                .hears("250-dest.test")
                .says("NOOP")
                .hearsLine("250 2.0.0 Noop");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "EHLO client.test", "NOOP");
    }

    @Test
    void half_a_line_behind_starttls_does_not_begin_the_first_one_in_tls() {
        clientOf(proxy(OFFERED))
                .greets()
                .sends("STARTTLS\r\nMAIL FROM:<injected@evil.test> ")
                .hears("220 2.0.0")
                .secures(CLIENT)
                .says("EHLO client.test")
                .hears("250-dest.test");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "EHLO client.test");
    }

    @Test
    void starttls_with_an_argument_is_501_and_the_session_goes_on() {
        clientOf(proxy(OFFERED))
                .greets()
                .says("STARTTLS now")
                .hears("501 5.5.4")
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250");
    }

    @Test
    void starttls_behind_a_421_is_not_begun() {
        destination.on("MAIL FROM:").fail(Fault.RESET);
        clientOf(proxy(OFFERED))
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "STARTTLS")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @Test
    void a_transaction_does_not_survive_starttls() {
        clientOf(proxy(OFFERED))
                .greets()
                .envelope()
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250")
                .says("RCPT TO:<c@dest.test>")
                .hears("503")
                .says("DATA")
                .hears("5");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void the_name_said_in_plaintext_is_forgotten() {
        clientOf(proxy(OFFERED).filter(looking))
                .greets()
                .startsTls(CLIENT)
                .says("MAIL FROM:<a@client.test>")
                .reply();
        assertThat(seen).hasSize(1).allMatch(session -> session.hello().isEmpty());
    }

    @Test
    void what_is_said_in_tls_before_ehlo_goes_by_one_new_connection_and_quit_by_the_one_that_is_there() {
        clientOf(proxy(OFFERED))
                .greets()
                .startsTls(CLIENT)
                .says("NOOP")
                .hears("250")
                .says("NOOP")
                .hears("250")
                .says("EHLO client.test")
                .hears("250-dest.test")
                .envelope();
        assertThat(destination.connections()).isEqualTo(2);
        clientOf(proxy(OFFERED))
                .greets()
                .startsTls(CLIENT)
                .says("QUIT")
                .hearsLine("221 2.0.0 Bye from dest.test")
                .hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(3);
    }

    @Test
    void a_login_in_plaintext_does_not_survive_at_the_destination() {
        destination.offers("AUTH PLAIN");
        destination.on("AUTH PLAIN AGEAYg==").reply("235 2.7.0 Welcome");
        clientOf(proxy(OFFERED).filter(looking))
                .greets()
                .says("AUTH PLAIN AGEAYg==")
                .hearsLine("235 2.7.0 Welcome")
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250")
                .envelope();
        assertThat(destination.connections()).isEqualTo(2);
        assertThat(seen).hasSize(1).noneMatch(Session::authenticated);
    }

    @Test
    void a_login_ended_here_in_plaintext_does_not_survive() {
        Endpoint lax = OFFERED.authenticate((user, password) -> true).plaintextAuthentication(true);
        clientOf(proxy(lax))
                .greets()
                .says("AUTH PLAIN AGEAYg==")
                .hears("235")
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("530 5.7.0")
                .says("AUTH PLAIN AGEAYg==")
                .hears("235");
    }

    @Test
    void a_handshake_that_fails_closes_the_session() {
        Dialogue client = clientOf(proxy(OFFERED)).greets().says("STARTTLS").hears("220");
        client.says("MAIL FROM:<a@client.test>");
        assertThat(client.rest()).doesNotContain("250", "500");
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void plaintext_where_tls_is_implicit_closes_the_session() {
        assertThat(clientOf(proxy(IMPLICIT)).says("EHLO client.test").rest()).doesNotContain("220", "250");
        await().untilAsserted(() -> assertThat(destination.openConnections()).isZero());
    }

    @Test
    void a_client_that_trusts_another_certificate_only_ends_its_session() {
        Dialogue client = clientOf(proxy(OFFERED)).greets().says("STARTTLS").hears("220");
        assertThat(catchFailure(() -> client.secures(Certificate.ELSEWHERE.trusted())))
                .contains("no TLS");
    }

    /** A ClientHello of TLS 1.1 with its usual ciphers, and what a server says of it: protocol_version (RFC 5246 §7.2.2). */
    @ParameterizedTest
    @ValueSource(strings = {"0301", "0302"})
    void versions_before_1_2_are_refused(String version) {
        String hello = version + "00".repeat(32) + "00" + "0004" + "c013002f" + "0100";
        String handshake = "010000" + HexFormat.of().toHexDigits((byte) (hello.length() / 2)) + hello;
        String record = "16030100" + HexFormat.of().toHexDigits((byte) (handshake.length() / 2)) + handshake;
        Dialogue client = clientOf(proxy(IMPLICIT)).sends(HexFormat.of().parseHex(record));
        byte[] alert = client.rest().getBytes(StandardCharsets.ISO_8859_1);
        assertThat(alert).startsWith(0x15).endsWith(2, 70).hasSize(7);
    }

    @Test
    void a_client_that_shows_no_certificate_is_let_in_without_one() {
        SSLContext server = Certificate.LOCAL.shownTrusting(Certificate.CLIENT);
        clientOf(proxy(ENDPOINT.implicitTls(server).clientCertificates(true)).filter(looking))
                .secures(CLIENT)
                .greets()
                .envelope();
        assertThat(seen)
                .singleElement()
                .satisfies(s -> assertThat(tls(s).peerCertificates()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_clients_certificate_is_seen_by_filters_where_it_is_asked_for(boolean asked) {
        SSLContext server = Certificate.LOCAL.shownTrusting(Certificate.CLIENT);
        Endpoint endpoint = ENDPOINT.requireStartTls(server).clientCertificates(asked);
        clientOf(proxy(endpoint).filter(looking))
                .greets()
                .startsTls(Certificate.CLIENT.shownTrusting(Certificate.LOCAL))
                .says("EHLO client.test")
                .hears("250")
                .envelope();
        assertThat(tls(seen.get(0)).protocol()).isEqualTo("TLSv1.3");
        assertThat(tls(seen.get(0)).peerCertificates())
                .extracting(c -> c.getSubjectX500Principal().getName())
                .isEqualTo(asked ? List.of("CN=CLIENT") : List.of());
    }

    @Test
    void a_certificate_that_nobody_trusts_ends_the_session() {
        SSLContext server = Certificate.LOCAL.shownTrusting(Certificate.CLIENT);
        Dialogue client = clientOf(proxy(ENDPOINT.implicitTls(server).clientCertificates(true)));
        String failure = catchFailure(() -> client.secures(Certificate.ELSEWHERE.shownTrusting(Certificate.LOCAL))
                .hears("220"));
        assertThat(failure).isNotEmpty();
        assertThat(destination.connections()).isZero();
    }

    private static Tls tls(Session session) {
        return session.tls().orElseThrow();
    }

    private static String catchFailure(Runnable dialogue) {
        try {
            dialogue.run();
            return "";
        } catch (AssertionError e) {
            return e.getMessage();
        }
    }

    @Test
    void a_client_that_is_idle_for_too_long_hears_421_in_tls() {
        SmtpProxyBuilder hasty = proxy(OFFERED).timeouts(Timeouts.defaults().clientCommand(Duration.ofMillis(800)));
        clientOf(hasty)
                .greets()
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @Test
    void half_a_command_in_tls_that_does_not_go_on_hears_421() {
        SmtpProxyBuilder hasty = proxy(IMPLICIT).timeouts(Timeouts.defaults().clientCommand(Duration.ofMillis(800)));
        clientOf(hasty)
                .secures(CLIENT)
                .greets()
                .sends("MAIL FR")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @Test
    void a_handshake_that_does_not_come_ends_the_session() {
        SmtpProxyBuilder hasty = proxy(OFFERED).timeouts(Timeouts.defaults().clientCommand(Duration.ofMillis(300)));
        clientOf(hasty).greets().says("STARTTLS").hears("220").hearsTheEnd();
    }

    @Test
    void a_handshake_has_a_limit_of_its_own() {
        try (CapturedLog log = new CapturedLog()) {
            SmtpProxyBuilder hasty = proxy(OFFERED).timeouts(Timeouts.defaults().tlsHandshake(Duration.ofMillis(300)));
            clientOf(hasty).greets().says("STARTTLS").hears("220").hearsTheEnd();
            failed(log, "timed out after PT0.3S");
        }
    }

    /** A handshake that failed is one line, and no warning: who it was, and why. */
    private static void failed(CapturedLog log, String why) {
        await().untilAsserted(() -> assertThat(log.lines().stream().filter(l -> l.contains(": no TLS with ")))
                .singleElement()
                .asString()
                .matches("\\S+: no TLS with /127\\.0\\.0\\.1:[0-9]+: .*" + why + ".*"));
        assertThat(log.lines(Level.WARN)).isEmpty();
        assertThat(log.traces()).isEmpty();
    }

    @Test
    void plaintext_where_tls_should_begin_is_in_the_log() {
        try (CapturedLog log = new CapturedLog()) {
            clientOf(proxy(IMPLICIT)).says("EHLO client.test").rest();
            failed(log, "Unsupported or unrecognized SSL message");
        }
    }

    @Test
    void a_client_that_does_not_trust_the_certificate_is_in_the_log() {
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy(OFFERED)).greets().says("STARTTLS").hears("220");
            catchFailure(() -> client.secures(Certificate.ELSEWHERE.trusted()));
            // it is gone by the time that it has said so, which we may hear by writing to it
            failed(log, "(certificate_unknown|Broken pipe|Connection reset).*");
        }
    }

    @Test
    void a_client_that_goes_in_the_handshake_is_in_the_log() {
        try (CapturedLog log = new CapturedLog()) {
            clientOf(proxy(IMPLICIT)).sends(new byte[] {0x16, 3, 1, 2, 0, 1, 0}).closes();
            failed(log, "");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_client_that_says_nothing_at_all_is_no_line_of_the_log(boolean reset) {
        List<Session> ended = new CopyOnWriteArrayList<>();
        ProxyListener telling = new ProxyListener() {
            @Override
            public void sessionEnded(Session session) {
                ended.add(session);
            }
        };
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy(IMPLICIT).listener(telling));
            if (reset) {
                client.resets();
            } else {
                client.closes();
            }
            await().until(() -> !ended.isEmpty());
            assertThat(log.lines()).allMatch(line -> line.startsWith("transport: "));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"mail_gateway", "mail.test.", "::1", "[::1]", "-mail", "a..b", "a b", "m\u00fcller", "\u00ff"})
    void a_client_may_ask_for_a_server_of_any_name_where_the_jvm_does_not_read_it(String name) throws IOException {
        assumeTrue(
                "server_name".equals(System.getProperty("jdk.tls.server.disableExtensions")),
                "this JVM parses the name that a TLS client asks for");
        SmtpProxy proxy = started(proxy(IMPLICIT));
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            try (SSLSocket client = (SSLSocket) CLIENT.getSocketFactory()
                    .createSocket("127.0.0.1", proxy.address().getPort())) {
                SSLParameters parameters = client.getSSLParameters();
                parameters.setServerNames(List.of(new AnyName(name)));
                parameters.setProtocols(new String[] {version});
                client.setSSLParameters(parameters);
                client.setSoTimeout(60_000);
                client.startHandshake();
                assertThat(client.getInputStream().readNBytes(4)).asString().isEqualTo("220 ");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_client_may_not_renegotiate(boolean startTls) throws IOException {
        SmtpProxy proxy = started(proxy(startTls ? OFFERED : IMPLICIT));
        try (Socket socket = new Socket("127.0.0.1", proxy.address().getPort())) {
            socket.setSoTimeout(5_000);
            if (startTls) {
                assertThat(line(socket)).startsWith("220 ");
                write(socket, "STARTTLS");
                assertThat(line(socket)).startsWith("220 2.0.0 ");
            }
            SSLSocket client = (SSLSocket) CLIENT.getSocketFactory().createSocket(socket, "127.0.0.1", 0, true);
            client.setEnabledProtocols(new String[] {"TLSv1.2"});
            client.startHandshake();
            if (!startTls) {
                assertThat(line(client)).startsWith("220 ");
            }
            write(client, "NOOP");
            assertThat(line(client)).startsWith("250 ");
            client.startHandshake();
            assertThatThrownBy(() -> line(client)).isInstanceOf(SSLException.class);
        }
    }

    private static void write(Socket socket, String command) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** The next line; nothing behind it is read. */
    private static String line(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = 0; octet != '\n'; line.append((char) octet)) {
            octet = socket.getInputStream().read();
            assertThat(octet).as("the octet behind \"%s\"", line).isNotNegative();
        }
        return line.toString();
    }

    private static final class AnyName extends SNIServerName {
        AnyName(String name) {
            super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    @Test
    void a_client_of_tls_1_2_may_send_and_not_begin_tls_anew() throws IOException {
        try (CapturedLog log = new CapturedLog();
                SSLSocket client = (SSLSocket) CLIENT.getSocketFactory()
                        .createSocket(
                                "127.0.0.1", started(proxy(IMPLICIT)).address().getPort())) {
            client.setSoTimeout(60_000);
            client.setEnabledProtocols(new String[] {"TLSv1.2"});
            client.startHandshake();
            BufferedReader said =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            assertThat(said.readLine()).startsWith("220 dest.test");
            client.getOutputStream().write("QUIET\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(said.readLine()).startsWith("500");
            assertThatThrownBy(() -> {
                        client.startHandshake();
                        said.readLine();
                    })
                    .isInstanceOf(SSLException.class);
            failed(log, "");
        }
        await().untilAsserted(() -> assertThat(destination.openConnections()).isZero());
    }

    @Test
    void a_drained_session_hears_421_in_tls() {
        SmtpProxy proxy = started(proxy(OFFERED));
        Dialogue client = clientOf(proxy)
                .greets()
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250");
        Thread draining = new Thread(() -> proxy.drain(Duration.ofSeconds(20)), "drain");
        draining.start();
        client.hears("421 4.3.2").hearsTheEnd();
        await().until(() -> !draining.isAlive());
    }

    @ParameterizedTest
    @ValueSource(strings = {"before the handshake", "in half a handshake", "idle", "in the body", "deaf"})
    void closing_the_proxy_never_waits_for_a_tls_client(String where) {
        SmtpProxy proxy = started(proxy(OFFERED));
        Dialogue client = clientOf(proxy).greets().says("STARTTLS").hears("220");
        switch (where) {
            case "before the handshake" -> {}
            case "in half a handshake" -> client.sends(new byte[] {0x16, 3, 1, 2, 0, 1, 0});
            case "idle" -> client.secures(CLIENT).says("EHLO client.test").hears("250");
            case "in the body" ->
                client.secures(CLIENT)
                        .says("EHLO client.test")
                        .hears("250")
                        .envelope()
                        .says("DATA")
                        .hears("354");
            default -> fillsUp(client.secures(CLIENT).says("EHLO client.test").hears("250"));
        }
        Thread closing = new Thread(proxy::close, "close");
        closing.start();
        await().until(() -> !closing.isAlive());
    }

    /** Asks and does not listen, until the proxy cannot write any more. */
    private void fillsUp(Dialogue client) {
        destination.on("HELP").reply(("214-" + "x".repeat(480) + "\r\n").repeat(200) + "214 end");
        Thread asking = new Thread(
                () -> {
                    try {
                        for (int i = 0; i < 2_000; i++) {
                            client.says("HELP");
                        }
                    } catch (AssertionError closed) {
                        // that is what it waits for
                    }
                },
                "asking");
        asking.setDaemon(true);
        asking.start();
        await().until(() -> destination.heard("HELP").size() > 5);
    }

    @Test
    void ten_megabytes_pass_through_tls_on_both_legs() {
        destination.startTls(SERVER);
        SmtpProxyBuilder builder =
                proxy(OFFERED, Router.to(destination.destination().startTls(StartTls.REQUIRED)));
        Dialogue client = clientOf(builder)
                .greets()
                .startsTls(CLIENT)
                .says("EHLO client.test")
                .hears("250")
                .envelope()
                .says("DATA")
                .hears("354");
        String block = ("x".repeat(76) + "\r\n").repeat(1_280);
        for (int i = 0; i < 105; i++) {
            client.sends(block);
        }
        client.says(".").hears("250 2.0.0 Ok: queued");
        assertThat(destination.messages())
                .singleElement()
                .satisfies(m -> assertThat(m.equals(block.repeat(105))).isTrue());
    }
}
