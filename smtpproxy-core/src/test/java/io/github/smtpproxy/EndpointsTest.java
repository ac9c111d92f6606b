package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A proxy with several endpoints. */
@Timeout(60)
class EndpointsTest extends ProxyTest {

    private static final Endpoint SUBMISSIONS = ENDPOINT.implicitTls(Certificate.LOCAL.shown());

    private SmtpProxy two() {
        return started(proxy(ENDPOINT.maxConnections(1)).listen(SUBMISSIONS));
    }

    private static Dialogue tlsClientOf(SmtpProxy proxy) {
        return Dialogue.with(proxy.addresses().get(1)).secures(Certificate.LOCAL.trusted());
    }

    @Test
    void each_endpoint_serves_with_its_own_settings() {
        SmtpProxy proxy = two();
        try (Dialogue plain = Dialogue.with(proxy.addresses().get(0));
                Dialogue tls = tlsClientOf(proxy)) {
            plain.greets().envelope();
            tls.greets().envelope();
        }
        assertThat(destination.heard("MAIL")).hasSize(2);
    }

    @Test
    void connections_are_limited_at_each_endpoint() {
        SmtpProxy proxy = two();
        try (Dialogue one = Dialogue.with(proxy.addresses().get(0));
                Dialogue tls = tlsClientOf(proxy);
                Dialogue further = tlsClientOf(proxy)) {
            one.greets();
            tls.greets();
            further.greets();
            try (Dialogue beyond = Dialogue.with(proxy.addresses().get(0))) {
                beyond.hears("421 4.3.2").hearsTheEnd();
            }
            assertThat(proxy.activeSessions()).isEqualTo(3);
        }
        await().until(() -> proxy.activeSessions() == 0);
    }

    @Test
    void addresses_are_in_the_order_of_the_endpoints() throws IOException {
        int[] ports = new int[2];
        try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ports[0] = first.getLocalPort();
            ports[1] = second.getLocalPort();
        }
        SmtpProxy proxy = started(proxy(Endpoint.at("127.0.0.1", ports[0])).listen(Endpoint.at("127.0.0.1", ports[1])));
        assertThat(proxy.addresses().stream().map(InetSocketAddress::getPort)).containsExactly(ports[0], ports[1]);
        assertThatIllegalStateException().isThrownBy(proxy::address).withMessageContaining("addresses()");
    }

    @Test
    void drain_covers_all_endpoints() {
        SmtpProxy proxy = two();
        try (Dialogue plain = Dialogue.with(proxy.addresses().get(0));
                Dialogue tls = tlsClientOf(proxy)) {
            plain.greets();
            tls.greets();
            assertThat(proxy.isRunning()).isTrue();
            proxy.drain(Duration.ofSeconds(20));
            plain.hears("421 4.3.2 ").hearsTheEnd();
            tls.hears("421 4.3.2 ").hearsTheEnd();
        }
        assertThat(proxy.isRunning()).isFalse();
        assertThat(proxy.activeSessions()).isZero();
    }

    @Test
    void a_start_that_fails_at_the_second_endpoint_closes_the_first() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            SmtpProxyBuilder builder =
                    proxy(Endpoint.at("127.0.0.1", port)).listen(Endpoint.at("127.0.0.1", taken.getLocalPort()));
            assertThatIllegalStateException()
                    .isThrownBy(builder::start)
                    .withMessageContaining("127.0.0.1:" + taken.getLocalPort());
        }
        assertThat(started(proxy(Endpoint.at("127.0.0.1", port))).address().getPort())
                .isEqualTo(port);
    }

    @Test
    void a_proxy_whose_second_endpoint_is_its_destination_does_not_start() {
        Destination itself = destination.destination();
        SmtpProxyBuilder builder = proxy(ENDPOINT, Router.to(itself)).listen(Endpoint.at("127.0.0.1", itself.port()));
        assertThatIllegalStateException().isThrownBy(builder::start).withMessageContaining("also its destination");
    }

    @Test
    void an_endpoint_is_named_by_its_address_unless_it_has_a_name() {
        assertThat(List.of(
                        Endpoint.port(25).name(),
                        Endpoint.at("mx.test", 465).name(),
                        Endpoint.at("::1", 587).name(),
                        Endpoint.port(587).named("submission").name()))
                .containsExactly("*:25", "mx.test:465", "[::1]:587", "submission");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\r\nb", "ä"})
    void what_is_no_name_is_refused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ENDPOINT.named(name))
                .withMessageStartingWith("name must be");
    }
}
