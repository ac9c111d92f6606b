package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an interrupt does to a wait. */
@Timeout(60)
class UninterruptedWaitTest {

    @Test
    void one_from_before_does_not_end_it_and_stays() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        Thread later = new Thread(latch::countDown);
        Thread.currentThread().interrupt();
        later.start();
        assertThat(UninterruptedWait.await(latch, TimeUnit.MINUTES.toNanos(1))).isTrue();
        assertThat(Thread.interrupted()).isTrue();
        later.join();
    }

    @Test
    void one_that_comes_meanwhile_ends_it_and_stays() throws Exception {
        Thread waiting = Thread.currentThread();
        Thread later = new Thread(() -> {
            while (waiting.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            waiting.interrupt();
        });
        later.start();
        assertThat(UninterruptedWait.await(new CountDownLatch(1), TimeUnit.MINUTES.toNanos(1)))
                .isFalse();
        assertThat(Thread.interrupted()).isTrue();
        later.join();
    }
}
