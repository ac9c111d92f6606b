package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway that serves until it is told to end. Any thread. */
final class GatewayService {

    private static final Logger log = LoggerFactory.getLogger(GatewayService.class);

    private static final String SIGNAL = "SIG";

    private final SmtpProxy proxy;
    private final Duration unready;
    private final Duration drain;
    private final AtomicReference<String> ending = new AtomicReference<>();
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
        return ending.get() == null && proxy.isRunning();
    }

    /**
     * Ends it in good order, and returns then. Where a signal comes for the second time, no sessions are taken any more.
     *
     * @param why the signal, or else what was asked for
     */
    void end(String why) {
        if (!ending.compareAndSet(null, why)) {
            if (why.startsWith(SIGNAL) && why.equals(ending.get())) {
                leaving.countDown();
            }
            await(ended);
            return;
        }
        try {
            leave(why);
        } catch (RuntimeException | Error e) {
            log.error("the drain failed", e);
        } finally {
            ended.countDown();
        }
    }

    private void leave(String why) {
        log.info("ready no more, for {}: {} sessions", why, proxy.activeSessions());
        try {
            leaving.await(unready.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
        log.info("drains for {} ms at most: {} sessions", drain.toMillis(), proxy.activeSessions());
        proxy.drain(drain);
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
