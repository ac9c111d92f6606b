package io.github.smtpproxy.internal.listener;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections that were one too many: logged once a minute, with their number, however many they are. */
final class Crowd {

    private static final Logger log = LoggerFactory.getLogger(Crowd.class);
    private static final long SILENCE_NANOS = Duration.ofMinutes(1).toNanos();

    private final int most;
    private final AtomicLong unlogged = new AtomicLong();
    private final AtomicLong loggedAt = new AtomicLong(System.nanoTime() - SILENCE_NANOS);

    /** @param most the limit that they are beyond */
    Crowd(int most) {
        this.most = most;
    }

    /** One more. */
    void refused() {
        unlogged.incrementAndGet();
        long now = System.nanoTime();
        long last = loggedAt.get();
        if (now - last >= SILENCE_NANOS && loggedAt.compareAndSet(last, now)) {
            log.warn("maxConnections ({}) is reached: {} connections refused", most, unlogged.getAndSet(0));
        }
    }
}
