package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway that serves until it is told to end. Any thread. */
final class GatewayService {

    private static final Logger log = LoggerFactory.getLogger(GatewayService.class);

    private final SmtpProxy proxy;
    private final Duration unready;
    private final Duration drain;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CountDownLatch leaving = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * @param unready how long it still takes sessions after it is told to end
     * @param drain how long running transactions may take after that
     */
    GatewayService(SmtpProxy proxy, Duration unready, Duration drain) {
        this.proxy = proxy;
        this.unready = unready;
        this.drain = drain;
    }

    SmtpProxy proxy() {
        return proxy;
    }

    /** Whether it wants sessions: no longer from the moment at which it is told to end. */
    boolean isReady() {
        return !ending.get() && proxy.isRunning();
    }

    /**
     * Ends it in good order, and returns then. Whoever says it again does not wait for those who stop sending.
     *
     * @param why for the log
     */
    void end(String why) {
        if (!ending.compareAndSet(false, true)) {
            leaving.countDown();
            await(ended);
            return;
        }
        log.info("{}: ready no more, {} sessions", why, proxy.activeSessions());
        try {
            leaving.await(unready.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
        log.info("{}: drains for {} s at most, {} sessions", why, drain.toSeconds(), proxy.activeSessions());
        proxy.drain(drain);
        ended.countDown();
    }

    /** Waits until it has ended. */
    void awaitEnd() {
        await(ended);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }
}
