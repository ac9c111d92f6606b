package io.github.smtpproxy.internal.transport.plain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.internal.transport.SurvivedErrors;
import io.github.smtpproxy.testing.CapturedLog;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The watchdog's thread continues when memory runs out. */
class WatchdogTest {

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

    @Test
    void the_watchdog_ends_other_waits_and_that_one_later() {
        CountDownLatch ended = new CountDownLatch(2);
        failures.set(TIMES);
        try (Watchdog watchdog = new Watchdog()) {
            watchdog.start();
            watchdog.watch(ending(ended)).arm(Duration.ofNanos(1));
            watchdog.watch(ending(ended)).arm(Duration.ofNanos(1));
            await().until(() -> ended.getCount() == 0);
            await().until(() -> !log.lines().isEmpty());
        }
        assertThat(failures).hasValue(0);
    }

    private Socket ending(CountDownLatch ended) {
        return new Socket() {
            @Override
            public void shutdownInput() {
                end();
            }

            @Override
            public void close() {
                end();
            }

            private void end() {
                meet();
                ended.countDown();
            }
        };
    }
}
