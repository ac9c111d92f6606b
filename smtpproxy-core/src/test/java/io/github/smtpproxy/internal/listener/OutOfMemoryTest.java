package io.github.smtpproxy.internal.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.smtpproxy.internal.transport.StarvedNetwork;
import io.github.smtpproxy.internal.transport.StarvedNetwork.At;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Memory runs out where the proxy cannot do without the thread: it goes on, and serves who comes afterwards. */
class OutOfMemoryTest {

    private static final int TIMES = 5;
    private static final List<String> LOGGERS =
            List.of("org.subethamail.smtp", "io.github.smtpproxy.internal.transport.SurvivedErrors");

    private final ScriptedDestination destination = ScriptedDestination.start();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private StarvedNetwork transport;
    private SubEthaListener listener;

    static Stream<Arguments> everywhere() {
        return Stream.of("plain", "selectors", "io_uring")
                .flatMap(on -> Arrays.stream(At.values())
                        .filter(at -> at != At.LOOP || !on.equals("plain"))
                        .map(at -> Arguments.of(on, at)));
    }

    @BeforeEach
    void capture() {
        log.start();
        LOGGERS.forEach(name -> {
            logger(name).setAdditive(false);
            logger(name).addAppender(log);
        });
    }

    @AfterEach
    void stop() {
        if (listener != null) {
            listener.stop();
            transport.close();
        }
        destination.close();
        LOGGERS.forEach(name -> {
            logger(name).setAdditive(true);
            logger(name).detachAppender(log);
        });
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    private void start(String on) {
        assumeTrue(
                StarvedNetwork.lackOf(on).isEmpty(),
                () -> StarvedNetwork.lackOf(on).orElseThrow());
        transport = StarvedNetwork.on(on);
        listener = new SubEthaListener(SubEthaListenerTest.relay(transport, destination));
        listener.start();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everywhere")
    void memory_that_runs_out_for_a_while_ends_nothing(String on, At at) {
        start(on);
        try (Dialogue before = Dialogue.with(listener.address())) {
            before.greets();
            transport.starve(at, TIMES);
            await().until(() -> {
                connectAndGo();
                return transport.hasStarved(at);
            });
            before.says("NOOP").hears("250");
            deliver();
        }
        assertThat(destination.messages()).hasSize(1);
        await().until(() -> destination.openConnections() == 0);
        assertStopsAtOnce();
        assertThat(log.list)
                .as("it is told afterwards")
                .anyMatch(line -> line.getFormattedMessage().contains("continued after"));
    }

    private void deliver() {
        try (Dialogue client = Dialogue.with(listener.address())) {
            client.greets()
                    .envelope()
                    .says("DATA")
                    .hears("354")
                    .sends("Subject: x\r\n\r\nhello\r\n.\r\n")
                    .hears("250");
        }
    }

    private void connectAndGo() throws IOException {
        try (Socket socket =
                new Socket(listener.address().getAddress(), listener.address().getPort())) {
            socket.getOutputStream().write("QUIT\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
    }

    private void assertStopsAtOnce() {
        long start = System.nanoTime();
        listener.stop();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1_900));
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(t -> t.getName().startsWith("org.subethamail.smtp.server.ServerThread")
                        && t.getName().endsWith(":" + listener.address().getPort()));
    }
}
