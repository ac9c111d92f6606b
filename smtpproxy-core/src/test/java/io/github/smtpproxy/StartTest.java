package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a proxy says that cannot start. */
class StartTest extends ProxyTest {

    @Test
    void a_free_port_is_taken_and_told() {
        assertThat(started(proxy()).address().getPort()).isPositive();
        assertThat(started(proxy()).address().getHostString()).isEqualTo("127.0.0.1");
    }

    @Test
    void a_port_in_use_is_told_with_its_number() {
        int taken = started(proxy()).address().getPort();
        SmtpProxyBuilder second = proxy(Endpoint.at("127.0.0.1", taken));
        assertThatIllegalStateException().isThrownBy(second::start).withMessageContaining("127.0.0.1:" + taken);
    }

    @Test
    void a_closed_proxy_gives_its_port_back() {
        SmtpProxy first = started(proxy());
        int port = first.address().getPort();
        first.close();
        assertThat(started(proxy(Endpoint.at("127.0.0.1", port))).address().getPort())
                .isEqualTo(port);
    }

    @Test
    void without_listen_it_does_not_start() {
        SmtpProxyBuilder builder = SmtpProxy.builder().router(Router.to(destination.destination()));
        assertThatIllegalStateException().isThrownBy(builder::start).withMessage("listen must be called before start");
    }

    @Test
    void without_router_it_does_not_start() {
        SmtpProxyBuilder builder = SmtpProxy.builder().listen(0);
        assertThatIllegalStateException().isThrownBy(builder::start).withMessage("router must be set before start");
    }

    @Test
    void a_router_cannot_be_set_twice() {
        SmtpProxyBuilder builder = proxy();
        assertThatIllegalStateException()
                .isThrownBy(() -> builder.router(Router.to(destination.destination())))
                .withMessage("router must be set once, was set twice");
    }

    @Test
    void a_proxy_that_is_its_own_destination_does_not_start() {
        Destination itself = destination.destination();
        SmtpProxyBuilder builder = proxy(Endpoint.at("127.0.0.1", itself.port()), Router.to(itself));
        assertThatIllegalStateException().isThrownBy(builder::start).withMessageContaining("also its destination");
    }

    @Test
    void a_proxy_on_all_addresses_that_is_its_own_destination_does_not_start() {
        Destination itself = destination.destination();
        SmtpProxyBuilder builder = SmtpProxy.builder().listen(itself.port()).router(Router.to(itself));
        assertThatIllegalStateException().isThrownBy(builder::start);
    }

    @Test
    void values_out_of_range_are_told_with_their_range() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Endpoint.port(70_000))
                .withMessage("port must be between 0 and 65535, was 70000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ENDPOINT.maxConnections(0))
                .withMessage("maxConnections must be between 1 and 1000000, was 0");
        assertThatIllegalArgumentException().isThrownBy(() -> ENDPOINT.hostname("no host name"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Timeouts.defaults().finalDot(Duration.ZERO))
                .withMessageContaining("finalDot");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Timeouts.defaults().clientCommand(Duration.ofDays(2)))
                .withMessageContaining("clientCommand");
    }

    @Test
    void closing_twice_is_closing_once() {
        SmtpProxy proxy = started(proxy());
        proxy.close();
        proxy.close();
        assertThat(proxy.address().getPort()).isPositive();
    }
}
