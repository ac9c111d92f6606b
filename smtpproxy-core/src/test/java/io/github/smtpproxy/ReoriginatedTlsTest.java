package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoopbackServer;
import io.github.smtpproxy.tls.CertificateAuthority;
import io.github.smtpproxy.tls.HeldCertificate;
import io.github.smtpproxy.tls.PemCertificate;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS that ends at a proxy which the client takes for the destination, and begins there anew. */
class ReoriginatedTlsTest extends ProxyTest {

    private static final SSLContext SERVER = Certificate.LOCAL.shown();
    private static final Endpoint PLAIN = Endpoint.at("127.0.0.1", 0).hostname("proxy.test");
    private static final CertificateAuthority AUTHORITY =
            CertificateAuthority.load(Certificate.ELSEWHERE.chain(), Certificate.ELSEWHERE.key());
    private static final Endpoint ISSUING =
            PLAIN.unseen(Unseen.reoriginateTls(AUTHORITY.trusting(Certificate.LOCAL.chain())));

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private final ContentFilter refusing = new ContentFilter() {
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            seen.add(next.session().tls().isPresent() + " "
                    + message.headers().first("Subject").orElse(""));
            return message.headers().first("Subject").orElse("").equals("bad")
                    ? Reply.of(550, "5.7.1 Not this")
                    : next.proceed(message);
        }
    };

    private static Dialogue secured(Dialogue client, SSLContext trust) {
        return client.greets()
                .says("STARTTLS")
                .hearsLine("220 2.0.0 dest.test awaits TLS")
                .secures(trust)
                .says("EHLO again.test")
                .hears("250");
    }

    private static Dialogue sends(Dialogue client, String subject) {
        return client.envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: " + subject)
                .says("")
                .says("hello")
                .says(".");
    }

    @Test
    void filters_see_what_goes_through_tls_on_both_sides() {
        destination.startTls(SERVER).offersInTls("X-ONLY-IN-TLS");
        Dialogue client = clientOf(proxy(ISSUING).filter(refusing)).greets();
        client.says("STARTTLS").hears("220").secures(Certificate.ELSEWHERE.trusted());
        assertThat(client.says("EHLO again.test").reply())
                .contains("250-X-ONLY-IN-TLS")
                .doesNotContain("250-STARTTLS");
        sends(client, "good").hears("250 2.0.0 Ok: queued as T1").says("QUIT").hears("221");
        assertThat(seen).containsExactly("true good");
        assertThat(destination.heard()).startsWith("EHLO client.test", "STARTTLS", "(TLS)", "EHLO again.test");
        assertThat(destination.messages()).containsExactly("Subject: good\r\n\r\nhello\r\n");
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void a_filters_refusal_holds_in_tls() {
        destination.startTls(SERVER);
        Dialogue client = secured(clientOf(proxy(ISSUING).filter(refusing)), Certificate.ELSEWHERE.trusted());
        sends(client, "bad").hears("550 5.7.1 Not this");
        assertThat(destination.messages()).isEmpty();
    }

    private static HeldCertificate held(Certificate certificate) {
        return HeldCertificate.of(PemCertificate.load(certificate.chain(), certificate.key()));
    }

    private static Endpoint holding(HeldCertificate held) {
        return PLAIN.unseen(Unseen.reoriginateTls(held));
    }

    @Test
    void a_certificate_that_is_held_stands_for_the_destinations_that_show_it() {
        destination.startTls(SERVER);
        secured(clientOf(proxy(holding(held(Certificate.LOCAL)))), Certificate.LOCAL.trusted());
    }

    @Test
    void or_that_show_another_one_which_is_trusted_and_has_its_name() {
        destination.startTls(SERVER);
        HeldCertificate held = held(Certificate.LOCAL_TOO).trusting(Certificate.LOCAL.chain());
        secured(clientOf(proxy(holding(held))), Certificate.LOCAL_TOO.trusted());
    }

    @Test
    void but_not_for_one_that_is_not_trusted() {
        isNotShown(held(Certificate.LOCAL_TOO));
    }

    @Test
    void nor_for_one_with_another_name_however_trusted() {
        isNotShown(held(Certificate.CLIENT).trusting(Certificate.LOCAL.chain()));
    }

    private void isNotShown(HeldCertificate held) {
        destination.startTls(SERVER);
        endsInPlaceOfTls(holding(held), "TLS with a client cannot end here");
        assertThat(destination.connections()).isEqualTo(1);
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    /** As a server does whose TLS fails: the client has begun it, and awaits no reply. */
    private void endsInPlaceOfTls(Endpoint endpoint, String logged) {
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client =
                    clientOf(proxy(endpoint)).greets().says("STARTTLS").hears("220");
            assertThatThrownBy(() -> client.secures(Certificate.LOCAL.trusted()))
                    .hasMessageContaining("no TLS");
            assertThat(log.lines()).anyMatch(l -> l.contains(logged));
        }
    }

    @Test
    void a_destination_that_is_not_trusted_is_not_vouched_for() {
        destination.startTls(SERVER);
        Endpoint wary = PLAIN.unseen(Unseen.reoriginateTls(AUTHORITY));
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy(wary)).greets().says("STARTTLS").hears("220");
            assertThatThrownBy(() -> client.secures(Certificate.ELSEWHERE.trusted()))
                    .hasMessageContaining("no TLS");
            await().until(() -> log.lines().stream().anyMatch(l -> l.contains("no TLS with")));
        }
    }

    @Test
    void what_a_client_pipelines_behind_starttls_is_discarded() {
        destination.startTls(SERVER);
        Dialogue client = clientOf(proxy(ISSUING)).greets();
        client.sends("STARTTLS\r\nMAIL FROM:<injected@client.test>\r\n").hears("220");
        client.secures(Certificate.ELSEWHERE.trusted()).says("NOOP").hears("250 2.0.0 Noop");
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void once_in_tls_nothing_goes_to_the_destination_in_plaintext() {
        destination.startTls(SERVER);
        Dialogue client = secured(clientOf(proxy(ISSUING)), Certificate.ELSEWHERE.trusted());
        client.envelope()
                .says("DATA")
                .hears("354")
                .sends("a bare\nline end\r\n.\r\n")
                .hears("550 5.5.2");
        // the message was broken off by closing the connection: there is no way back into TLS without the client
        client.says("MAIL FROM:<a@client.test>").hears("421 4.4.2").hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(1);
        assertThat(destination.messages()).isEmpty();
        assertThat(destination.heard("MAIL")).hasSize(1);
    }

    @Test
    void mail_without_another_ehlo_goes_in_tls_too() {
        destination.startTls(SERVER);
        Dialogue client = clientOf(proxy(ISSUING)).greets();
        client.says("STARTTLS").hears("220").secures(Certificate.ELSEWHERE.trusted());
        sends(client, "good").hears("250 2.0.0 Ok: queued as T1");
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void a_refusal_of_starttls_is_the_destinations() {
        destination.on("STARTTLS").reply("454 4.7.0 dest.test has no TLS now");
        clientOf(proxy(ISSUING)).greets().says("STARTTLS").hearsLine("454 4.7.0 dest.test has no TLS now");
    }

    @Test
    void a_destination_whose_handshake_fails_ends_the_session() {
        destination.on("STARTTLS").reply("220 but no TLS");
        endsInPlaceOfTls(ISSUING, "no TLS");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mx.asked.test", "mail_gateway"})
    void the_destination_hears_the_name_that_the_client_asks_for(String name) throws Exception {
        List<String> first = new CopyOnWriteArrayList<>();
        try (LoopbackServer server = LoopbackServer.start(c -> first.add(firstOfTls(c)))) {
            Router router =
                    Router.to(Destination.at("127.0.0.1", server.address().getPort()));
            Dialogue client =
                    clientOf(proxy(ISSUING, router)).greets().says("STARTTLS").hears("220");
            assertThatThrownBy(() -> client.secures(Certificate.ELSEWHERE.trusted(), name))
                    .hasMessageContaining("no TLS");
        }
        assertThat(first).singleElement().asString().contains(name);
    }

    /** Ends the connection with the first message of its TLS client, where a server name is to be read. */
    private static String firstOfTls(Socket connection) throws IOException {
        DataInputStream in = new DataInputStream(connection.getInputStream());
        for (String reply : List.of("220 dest.test", "250-dest.test\r\n250 STARTTLS", "220 go on")) {
            connection.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.US_ASCII));
            while (!reply.startsWith("220 go") && in.readByte() != '\n') {
                // the rest of the line
            }
        }
        in.readNBytes(3);
        return new String(in.readNBytes(in.readUnsignedShort()), StandardCharsets.ISO_8859_1);
    }

    @Test
    void without_a_name_the_destination_is_asked_for_none() throws Exception {
        List<String> first = new CopyOnWriteArrayList<>();
        try (LoopbackServer server = LoopbackServer.start(c -> first.add(firstOfTls(c)))) {
            Router router =
                    Router.to(Destination.at("127.0.0.1", server.address().getPort()));
            Dialogue client =
                    clientOf(proxy(ISSUING, router)).greets().says("STARTTLS").hears("220");
            assertThatThrownBy(() -> client.secures(Certificate.ELSEWHERE.trusted()));
        }
        assertThat(first).singleElement().asString().doesNotContain("test").doesNotContain("127.0.0.1");
    }

    @Test
    void a_client_that_begins_no_tls_ends_the_session() {
        destination.startTls(SERVER);
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy(ISSUING)).greets().says("STARTTLS").hears("220");
            // an alert of TLS, and the end
            assertThat(client.sends("MAIL FROM:<a@client.test>\r\n").rest()).doesNotContain("250");
            await().until(() -> log.lines().stream().anyMatch(l -> l.contains("no TLS with")));
        }
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void a_second_starttls_is_refused() {
        destination.startTls(SERVER);
        secured(clientOf(proxy(ISSUING)), Certificate.ELSEWHERE.trusted())
                .says("STARTTLS")
                .hears("503 5.5.1");
    }
}
