package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The PROXY protocol with the balancer in front, and with a destination behind. */
class ProxyProtocolTest extends ProxyTest {

    private static final AddressRange HERE = AddressRange.parse("127.0.0.1");
    private static final AddressRange ELSEWHERE = AddressRange.parse("192.0.2.0/24");
    private static final Endpoint BEHIND = ENDPOINT.proxyProtocolFrom(HERE);
    private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
    private static final String V1 = "PROXY TCP4 198.51.100.7 203.0.113.9 1234 25\r\n";
    private static final String V1_IPV6 = "PROXY TCP6 2001:db8::7 2001:db8::9 1234 25\r\n";
    private static final String V2 =
            SIGNATURE + "\u0021\u0011\0\u000f" + "\u00c6\u0033\u0064\u0007\u00cb\0\u0071\u0009\u0004\u00d2\0\u0019"
                    + "\u0004\0\0"; // with a TLV behind the addresses
    private static final String V2_LOCAL = SIGNATURE + "\u0020\0\0\0";

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private final Filter looking = new Filter() {
        @Override
        public Reply connect(Session session, Chain<Session> next) {
            seen.add(session.remoteAddress() + " " + session.localAddress());
            return next.proceed(session);
        }
    };

    private Dialogue client(Endpoint endpoint) {
        return clientOf(proxy(endpoint).filter(looking));
    }

    @ParameterizedTest
    @ValueSource(strings = {V1, V2})
    void filters_and_received_see_the_announced_address(String header) {
        client(BEHIND.received(true))
                .sends(header)
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(seen).containsExactly("/198.51.100.7:1234 /203.0.113.9:25");
        assertThat(destination.messages().get(0)).startsWith("Received: from client.test ([198.51.100.7])");
    }

    @Test
    void an_ipv6_address_is_announced_as_well() {
        client(BEHIND).sends(V1_IPV6).greets();
        assertThat(seen).containsExactly("/[2001:db8:0:0:0:0:0:7]:1234 /[2001:db8:0:0:0:0:0:9]:25");
    }

    @ParameterizedTest
    @ValueSource(strings = {V2_LOCAL, "PROXY UNKNOWN\r\n", "PROXY UNKNOWN 1.2.3.4 whatever\r\n"})
    void a_peer_that_speaks_for_itself_has_its_own_address(String header) {
        client(BEHIND).sends(header).greets();
        assertThat(seen).singleElement().asString().startsWith("/127.0.0.1:").contains(" /127.0.0.1:");
    }

    @ParameterizedTest
    @ValueSource(strings = {V1, V2, V1_IPV6, V2_LOCAL, "PROXY UNKNOWN\r\n"})
    void a_header_may_come_octet_by_octet(String header) {
        Dialogue client = client(BEHIND);
        for (char octet : header.toCharArray()) {
            client.sends(String.valueOf(octet));
        }
        client.greets();
        assertThat(seen).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {V1, V2, V2_LOCAL, "PROXY UNKNOWN\r\n"})
    void what_follows_in_the_same_segment_is_smtp(String header) {
        client(BEHIND)
                .sends(header + "EHLO client.test\r\nNOOP\r\n")
                .hears("220")
                .hears("250")
                .hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EHLO client.test\r\n",
                "PROXY TCP4 198.51.100.7 203.0.113.9 1234\r\n",
                "PROXY TCP4 198.51.100.7 203.0.113.9 1234 25\n",
                "PROXY TCP4 2001:db8::7 203.0.113.9 1234 25\r\n",
                "PROXY TCP4 198.51.100.7 203.0.113.9 1234 65536\r\n",
                "\r\n\r\n\0\r\nQUIT\n\u0031\u0011\0\0"
            })
    void what_is_no_header_is_hung_up_on_without_a_reply(String header) {
        client(BEHIND).sends(header + "x".repeat(100)).hearsTheEnd();
        assertThat(destination.connections()).isZero();
        assertThat(seen).isEmpty();
    }

    @Test
    void a_header_of_a_peer_that_is_not_trusted_is_an_unknown_command() {
        client(ENDPOINT.proxyProtocolFrom(ELSEWHERE))
                .hears("220")
                .sends(V1)
                .hears("502")
                .says("EHLO client.test")
                .hears("250");
        assertThat(seen).singleElement().asString().startsWith("/127.0.0.1:");
        assertThat(destination.heard()).containsExactly("EHLO client.test");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "PROXY TCP4 198."})
    void a_peer_that_does_not_send_its_header_is_hung_up_on(String begun) {
        clientOf(proxy(BEHIND).timeouts(Timeouts.defaults().proxyHeader(Duration.ofMillis(200))))
                .sends(begun)
                .hearsTheEnd();
        assertThat(destination.connections()).isZero();
    }

    @Test
    void the_announced_address_is_in_the_log() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.github.smtpproxy");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.INFO);
        try {
            client(BEHIND).sends(V1).greets().envelope().says("RSET").hears("250");
            await().untilAsserted(() -> assertThat(log.list.stream().map(ILoggingEvent::getFormattedMessage))
                    .anyMatch(l -> l.contains(" client=198.51.100.7 ")));
        } finally {
            logger.setLevel(null);
            logger.detachAppender(log);
        }
    }

    @Test
    void a_header_does_not_make_its_client_one_that_may_say_xclient() {
        Dialogue client =
                client(BEHIND.xclientFrom(HERE)).sends(V1).hears("220").says("EHLO client.test");
        assertThat(client.reply()).noneMatch(l -> l.contains("XCLIENT"));
        client.says("XCLIENT ADDR=192.0.2.1").hears("502");
    }

    @Test
    void a_client_that_a_header_announces_may_say_xclient_if_it_is_listed() {
        client(BEHIND.xclientFrom(AddressRange.parse("198.51.100.0/24")))
                .sends(V1)
                .greets()
                .says("XCLIENT ADDR=192.0.2.1")
                .hears("220");
    }

    @ParameterizedTest
    @ValueSource(strings = {V1, V2, V2_LOCAL})
    void tls_from_the_first_octet_begins_behind_the_header(String header, @TempDir Path dir) throws Exception {
        SSLContext context = context(dir);
        SmtpProxy proxy = started(proxy(BEHIND.implicitTls(context)).filter(looking));
        try (Socket plain = new Prefixed(header)) {
            plain.connect(proxy.address());
            plain.setSoTimeout(60_000);
            SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", 25, true);
            tls.startHandshake();
            try (InputStream in = tls.getInputStream()) {
                assertThat(new String(in.readNBytes(4), StandardCharsets.US_ASCII))
                        .isEqualTo("220 ");
            }
        }
        assertThat(seen).hasSize(1);
    }

    @Test
    void tls_without_a_header_is_hung_up_on(@TempDir Path dir) throws Exception {
        client(BEHIND.implicitTls(context(dir)))
                .sends("\u0016\u0003\u0001\u0001\0" + "x".repeat(256))
                .hearsTheEnd();
        assertThat(seen).isEmpty();
    }

    @Test
    void version_1_goes_out_before_everything_else() {
        Dialogue client =
                announced(ClientAnnouncement.PROXY_V1, BEHIND).sends(V1).greets();
        client.says("NOOP").hears("250");
        assertThat(destination.firstReads()).containsExactly(V1);
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @Test
    void version_1_tells_of_ipv6() {
        announced(ClientAnnouncement.PROXY_V1, BEHIND).sends(V1_IPV6).greets();
        assertThat(destination.firstReads())
                .containsExactly("PROXY TCP6 2001:db8:0:0:0:0:0:7 2001:db8:0:0:0:0:0:9 1234 25\r\n");
    }

    @Test
    void version_2_goes_out_before_everything_else() {
        announced(ClientAnnouncement.PROXY_V2, BEHIND).sends(V1).greets();
        assertThat(destination.firstReads())
                .containsExactly(SIGNATURE
                        + "\u0021\u0011\0\u000c\u00c6\u0033\u0064\u0007\u00cb\0\u0071\u0009\u0004\u00d2\0\u0019");
    }

    @Test
    void version_2_tells_of_ipv6() {
        announced(ClientAnnouncement.PROXY_V2, BEHIND).sends(V1_IPV6).greets();
        String net = "\u0020\u0001\r\u00b8" + "\0".repeat(11);
        assertThat(destination.firstReads())
                .containsExactly(
                        SIGNATURE + "\u0021\u0021\0\u0024" + net + "\u0007" + net + "\u0009" + "\u0004\u00d2\0\u0019");
    }

    @Test
    void the_clients_own_address_is_told_where_nobody_announced_another() {
        Dialogue client = announced(ClientAnnouncement.PROXY_V1, ENDPOINT);
        client.greets();
        assertThat(destination.firstReads())
                .singleElement()
                .asString()
                .matches("PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 [0-9]+ [0-9]+\r\n");
    }

    private Dialogue announced(ClientAnnouncement how, Endpoint endpoint) {
        destination.expectsProxyHeader();
        return clientOf(proxy(endpoint, Router.to(destination.destination().announce(how))));
    }

    /** A socket whose first write begins with something else. */
    private static final class Prefixed extends Socket {
        private byte[] prefix;

        Prefixed(String prefix) {
            this.prefix = prefix.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    byte[] all = new byte[prefix.length + length];
                    System.arraycopy(prefix, 0, all, 0, prefix.length);
                    System.arraycopy(bytes, offset, all, prefix.length, length);
                    prefix = new byte[0];
                    out.write(all);
                }
            };
        }
    }

    private static SSLContext context(Path dir) throws Exception {
        Path file = dir.resolve("keys.p12");
        char[] password = "changeit".toCharArray();
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        keytool.getInputStream().readAllBytes();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, password);
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, password);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }
}
