package io.github.smtpproxy.internal.transport.plain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.smtpproxy.internal.transport.SurvivedErrors;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The watchdog's thread continues when memory runs out. */
class WatchdogTest {

    private static final int TIMES = 3;

    private final Logger logger = (Logger) LoggerFactory.getLogger(SurvivedErrors.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final AtomicInteger failures = new AtomicInteger();

    @BeforeEach
    void capture() {
        log.start();
        logger.setAdditive(false);
        logger.addAppender(log);
    }

    @AfterEach
    void release() {
        logger.setAdditive(true);
        logger.detachAppender(log);
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
            await().until(() -> !log.list.isEmpty());
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
