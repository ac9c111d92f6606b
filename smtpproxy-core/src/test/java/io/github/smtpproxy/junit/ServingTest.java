package io.github.smtpproxy.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.config.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The proxy of an extension, with properties that tell where it is. */
class ServingTest {

    private static final String HOST = "smtpproxy.serving.host";
    private static final String PORT = "smtpproxy.serving.port";

    private static final Settings SETTINGS =
            Settings.of(Optional.empty()).hostProperty(HOST).portProperty(PORT);

    @AfterEach
    void properties_are_as_before() {
        assertThat(System.getProperty(HOST)).isNull();
        assertThat(System.getProperty(PORT)).isNull();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void a_start_that_fails_after_the_proxy_has_started_leaves_nothing() throws Exception {
        int second = freePort();
        Serving serving = new Serving(
                SETTINGS.customization(builder -> builder.listen(Endpoint.at("127.0.0.1", second))), Inject.faults());
        assertThatThrownBy(serving::use).isInstanceOf(IllegalStateException.class);
        await().ignoreExceptions()
                .untilAsserted(() -> new ServerSocket(second, 1, InetAddress.getLoopbackAddress()).close());
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("smtpproxy-scripted-server")));
    }

    @Test
    void the_property_is_the_host_that_a_test_is_told() {
        Serving serving = new Serving(SETTINGS.endpoint(Endpoint.at("0.0.0.0", 0)), Inject.faults());
        serving.use();
        try {
            assertThat(System.getProperty(HOST)).isEqualTo("localhost").isEqualTo(serving.host());
            assertThat(System.getProperty(PORT))
                    .isEqualTo(Integer.toString(serving.address().getPort()));
        } finally {
            serving.release();
        }
    }
}
