package io.github.smtpproxy.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.internal.transport.loop.Poller;
import io.github.smtpproxy.internal.transport.loop.SelectorPoller;
import io.github.smtpproxy.internal.transport.uring.RingPoller;
import io.github.smtpproxy.testing.CapturedLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The transports' own threads continue when memory or threads run out. */
class SurvivedErrorsTest {

    private static final int TIMES = 3;

    private final CapturedLog log = new CapturedLog(SurvivedErrors.class);
    private final AtomicInteger failures = new AtomicInteger();

    @AfterEach
    void release() {
        log.close();
    }

    private void meet() {
        if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new OutOfMemoryError("unable to create native thread, as the test will have it");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"selectors", "io_uring"})
    void a_loop_that_no_thread_could_take_over_is_taken_over_later(String on) throws IOException {
        assumeTrue(EventLoopNetwork.unavailable().isEmpty(), "this JVM has no event loops");
        boolean ring = on.equals("io_uring");
        assumeTrue(!ring || RingPoller.unavailable().isEmpty(), "this system has no io_uring");
        ExecutorService pool = Executors.newCachedThreadPool();
        Poller.Factory pollers = ring ? RingPoller.FACTORY : SelectorPoller.FACTORY;
        CountDownLatch served = new CountDownLatch(1);
        try (EventLoopNetwork network = EventLoopNetwork.start(1, pollers, on, task -> {
            meet();
            pool.execute(task);
        })) {
            failures.set(TIMES);
            network.threads().execute(() -> hold(served));
            await().until(() -> failures.get() == 0);
            network.threads().execute(served::countDown);
            await().until(() -> served.getCount() == 0);
            assertServes(network);
        } finally {
            pool.shutdown();
        }
        assertThat(log.lines()).isNotEmpty();
    }

    /** As code of others may: it computes until another session has run. */
    private static void hold(CountDownLatch served) {
        while (served.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    private static void assertServes(Network network) throws IOException {
        try (ListeningSocket port = network.listen()) {
            port.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (Socket peer = new Socket(port.getInetAddress(), port.getLocalPort());
                    Socket accepted = port.accept()) {
                network.threads().execute(() -> {
                    try {
                        accepted.getOutputStream()
                                .write(accepted.getInputStream().read());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                peer.getOutputStream().write('x');
                assertThat(peer.getInputStream().read()).isEqualTo('x');
            }
        }
    }
}
