package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.internal.transport.StarvedNetwork;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.DiscardingDestination;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A proxy with a small heap, and for a while nobody but clients that wish it ill: who comes afterwards is served. How
 * long that is, in seconds, is said by the system property {@code hostile.seconds}.
 */
class HostileClientsTest {

    private static final int HEAP_MEBIBYTES = 128;
    private static final int GOOD = 10;
    private static final int SECONDS = Integer.getInteger("hostile.seconds", 5);

    @TempDir
    private Path folder;

    /** What this run of the tests is about. */
    static Stream<String> transports() {
        return System.getProperty(Transport.PROPERTY, "plain").equals("plain")
                ? Stream.of("plain")
                : Stream.of("selectors", "io_uring");
    }

    private static List<String> options(String transport) {
        String property = "-D" + Transport.PROPERTY + "=";
        return switch (transport) {
            case "plain" -> List.of(property + "plain");
            case "selectors" -> List.of(property + "event-loops", "-Dsmtpproxy.io-uring=off");
            default -> List.of(property + "event-loops", "-Dsmtpproxy.io-uring=on");
        };
    }

    @ParameterizedTest
    @MethodSource("transports")
    void good_messages_are_served_after_hostile_clients_have_left(String transport) throws Exception {
        assumeTrue(
                StarvedNetwork.lackOf(transport).isEmpty(),
                () -> StarvedNetwork.lackOf(transport).orElseThrow());
        try (DiscardingDestination destination = DiscardingDestination.start();
                ForkedProxy proxy =
                        ForkedProxy.open(HEAP_MEBIBYTES, options(transport), destination.destination(), folder)) {
            try (HostileClients hostile = HostileClients.start(proxy.address())) {
                await().pollDelay(SECONDS, TimeUnit.SECONDS)
                        .atMost(4L * SECONDS, TimeUnit.SECONDS)
                        .until(() -> hostile.connections() > 0);
            }
            await().until(() -> destination.openConnections() == 0);
            for (int i = 0; i < GOOD; i++) {
                deliver(proxy, "Subject: good " + i);
                assertThat(destination.hasTaken("Subject: good " + i)).isTrue();
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("the proxy's log ends with\n" + log(), e);
        }
    }

    private static void deliver(ForkedProxy proxy, String subject) {
        try (Dialogue client = Dialogue.with(proxy.address())) {
            client.greets()
                    .envelope()
                    .says("DATA")
                    .hears("354")
                    .sends(subject + "\r\n\r\nhello\r\n.\r\n")
                    .hears("250 2.0.0 Taken")
                    .says("QUIT")
                    .hears("221");
        }
    }

    private String log() throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve("log"), StandardCharsets.ISO_8859_1);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }
}
