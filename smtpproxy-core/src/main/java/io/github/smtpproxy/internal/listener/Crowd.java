package io.github.smtpproxy.internal.listener;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections that were one too many: told once a minute, with their number, however many they are. */
final class Crowd {

    private static final Logger log = LoggerFactory.getLogger(Crowd.class);
    private static final long SILENCE_NANOS = Duration.ofMinutes(1).toNanos();

    private final int most;
    private final AtomicLong untold = new AtomicLong();
    private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - SILENCE_NANOS);

    /** @param most the limit that they are beyond */
    Crowd(int most) {
        this.most = most;
    }

    /** One more. */
    void refused() {
        untold.incrementAndGet();
        long now = System.nanoTime();
        long last = toldAt.get();
        if (now - last >= SILENCE_NANOS && toldAt.compareAndSet(last, now)) {
            log.warn("maxConnections ({}) is reached: {} connections refused", most, untold.getAndSet(0));
        }
    }
}
