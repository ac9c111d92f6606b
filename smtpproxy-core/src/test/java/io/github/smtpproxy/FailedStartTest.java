package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A proxy that cannot start leaves no descriptor and no thread behind. */
class FailedStartTest {

    private static final int STARTS = 50;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    @ParameterizedTest
    @CsvSource({"plain, taken", "plain, unknown", "event-loops, taken", "event-loops, unknown"})
    void a_start_that_fails_leaves_nothing(String transport, String how) throws IOException {
        assumeTrue(Files.isDirectory(DESCRIPTORS), "this system has no /proc");
        assumeTrue(
                transport.equals("plain") || EventLoopNetwork.unavailable().isEmpty(), "this JVM has no event loops");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Endpoint endpoint = how.equals("taken")
                    ? Endpoint.at("127.0.0.1", taken.getLocalPort())
                    : Endpoint.at("no-such-host.invalid", 0);
            fail(transport, endpoint);
            await().until(() -> threads() == 0);
            long before = descriptors();
            for (int i = 0; i < STARTS; i++) {
                fail(transport, endpoint);
            }
            await().until(() -> threads() == 0);
            // of others in this JVM a few may come and go
            await().until(() -> descriptors() < before + STARTS / 2);
            assertThat(descriptors()).isLessThan(before + STARTS / 2);
        }
    }

    private static void fail(String transport, Endpoint endpoint) {
        SmtpProxyBuilder builder = SmtpProxy.builder()
                .listen(endpoint)
                .transport(transport.equals("plain") ? Transport.plain() : Transport.eventLoops(1))
                .router(Router.to(Destination.at("127.0.0.1", 1)));
        assertThatThrownBy(builder::start).isInstanceOf(RuntimeException.class);
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(DESCRIPTORS)) {
            return all.count();
        }
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("smtpproxy"))
                .count();
    }
}
