package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Ports;
import io.github.smtpproxy.testing.SelfSigned;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Where the proxy listens, and whom it does not let in. */
class ListeningTest extends ProxyTest {

    private static final byte[] LOCAL = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n', 0x20, 0, 0, 0
    };

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.smtpproxy");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @TempDir
    private Path folder;

    @BeforeEach
    void capture() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void release() {
        logger.detachAppender(log);
    }

    private List<String> warnings() {
        return List.copyOf(log.list).stream()
                .filter(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 127.0.0.1",
        "0.0.0.0, 127.0.0.2",
        "0.0.0.0, localhost",
        "0.0.0.0, 0.0.0.0",
        "0.0.0.0, ::1",
        "0.0.0.0, ::",
        "0.0.0.0, ::ffff:127.0.0.1",
        "'', 127.0.0.1",
        "'', ::1",
        "'', localhost",
        "'', this machine",
        "::, 127.0.0.1",
        "::, ::1",
        "::, localhost",
        "::, this machine",
        "0.0.0.0, this machine",
        "127.0.0.1, localhost",
        "localhost, 127.0.0.1",
        "127.0.0.1, 0.0.0.0",
        "this machine, this machine"
    })
    void a_proxy_that_is_its_own_destination_does_not_start(String where, String there) throws IOException {
        int port = Ports.free();
        Endpoint endpoint = where.isEmpty() ? Endpoint.port(port) : Endpoint.at(address(where), port);
        SmtpProxyBuilder builder =
                SmtpProxy.builder().listen(endpoint).router(Router.to(Destination.at(address(there), port)));
        assertThatIllegalStateException()
                .isThrownBy(builder::start)
                .withMessageContaining("endpoint ")
                .withMessageContaining("also its destination");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.2", "127.0.0.2, 127.0.0.1", "0.0.0.0, 192.0.2.1", "'', no-such-host.invalid"})
    void a_proxy_whose_destination_has_its_port_elsewhere_starts(String where, String there) throws IOException {
        int port = Ports.free();
        Endpoint endpoint = where.isEmpty() ? Endpoint.port(port) : Endpoint.at(where, port);
        started(proxy(endpoint, Router.to(Destination.at(there, port)))).close();
    }

    private static String address(String name) throws SocketException {
        return name.equals("this machine")
                ? NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .filter(a -> !a.isLoopbackAddress() && a instanceof java.net.Inet4Address)
                        .map(InetAddress::getHostAddress)
                        .findFirst()
                        .orElse("127.0.0.1")
                : name;
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "event-loops"})
    void all_addresses_of_ipv4_are_none_of_ipv6(String on) throws IOException {
        assumeIpv6();
        SmtpProxy proxy = started(on(on, Endpoint.at("0.0.0.0", 0)));
        int port = proxy.address().getPort();
        assertThat(heard("127.0.0.1", port)).isEqualTo('2');
        assertThatThrownBy(() -> {
                    if (heard("::1", port) < 0) {
                        throw new IOException("closed at once");
                    }
                })
                .isInstanceOf(IOException.class);
        assertThat(heard("127.0.0.1", port)).isEqualTo('2');
    }

    @ParameterizedTest
    @CsvSource({"plain, ::", "event-loops, ::", "plain, ''", "event-loops, ''"})
    void all_addresses_of_ipv6_are_those_of_ipv4_too(String on, String host) throws IOException {
        assumeIpv6();
        SmtpProxy proxy = started(on(on, host.isEmpty() ? Endpoint.port(0) : Endpoint.at(host, 0)));
        assertThat(heard("127.0.0.1", proxy.address().getPort())).isEqualTo('2');
        assertThat(heard("::1", proxy.address().getPort())).isEqualTo('2');
    }

    private SmtpProxyBuilder on(String transport, Endpoint endpoint) {
        assumeTrue(
                transport.equals("plain") || EventLoopNetwork.unavailable().isEmpty(), "this JVM has no event loops");
        return proxy(endpoint).transport(transport.equals("plain") ? Transport.plain() : Transport.eventLoops(1));
    }

    private static void assumeIpv6() throws IOException {
        assumeTrue(NetworkInterface.getByInetAddress(InetAddress.getByName("::1")) != null, "no IPv6 here");
    }

    private static int heard(String host, int port) throws IOException {
        try (Socket client = new Socket()) {
            client.connect(new InetSocketAddress(host, port), 10_000);
            client.setSoTimeout(60_000);
            return client.getInputStream().read();
        }
    }

    @Test
    void connections_beyond_the_limit_are_told_once_with_the_name_of_the_setting() {
        SmtpProxy proxy = started(proxy(ENDPOINT.maxConnections(1)));
        clientOf(proxy).greets();
        for (int i = 0; i < 5; i++) {
            clientOf(proxy).hearsLine("421 4.3.2 Too many connections").hearsTheEnd();
        }
        assertThat(warnings()).containsExactly("maxConnections (1) is reached: 1 connections refused");
    }

    @Test
    void a_connection_beyond_the_limit_hears_nothing_in_plaintext_where_tls_comes_first() throws Exception {
        SSLContext context = SelfSigned.context(folder);
        SmtpProxy proxy = started(proxy(ENDPOINT.implicitTls(context).maxConnections(1)));
        clientOf(proxy).secures(context).hears("220");
        clientOf(proxy).hearsTheEnd();
        assertThat(warnings()).anyMatch(line -> line.startsWith("maxConnections"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"closed", "reset", "local", "local and reset"})
    void a_check_that_says_nothing_leaves_no_warning(String how) throws IOException {
        SmtpProxy proxy = started(proxy(ENDPOINT.proxyProtocolFrom(AddressRange.parse("127.0.0.1/32"))));
        for (int i = 0; i < 5; i++) {
            check(proxy, how);
        }
        Dialogue client = clientOf(proxy).sends(new String(LOCAL, java.nio.charset.StandardCharsets.ISO_8859_1));
        client.hears("220").says("QUIT").hears("221");
        await().until(() -> destination.openConnections() == 0);
        assertThat(warnings()).isEmpty();
    }

    private static void check(SmtpProxy proxy, String how) throws IOException {
        try (Socket socket =
                new Socket(proxy.address().getAddress(), proxy.address().getPort())) {
            if (how.startsWith("local")) {
                socket.getOutputStream().write(LOCAL);
            }
            if (how.endsWith("reset")) {
                socket.setSoLinger(true, 0);
            }
        }
    }
}
