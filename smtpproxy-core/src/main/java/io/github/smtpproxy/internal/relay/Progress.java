package io.github.smtpproxy.internal.relay;

import java.time.Duration;

/** Keeps content coming: a drop now and then must not hold a session for ever. */
final class Progress {

    /** As much must arrive within the timeout of a block. */
    private static final int LEAST = 1024;

    private final Duration blockTimeout;
    private long since = System.nanoTime();
    private long octets;

    Progress(Duration blockTimeout) {
        this.blockTimeout = blockTimeout;
    }

    /** So much has arrived by now. */
    void reached(long now) {
        if (now - octets >= LEAST) {
            octets = now;
            since = System.nanoTime();
        }
    }

    /** How long the next block may take; above zero. */
    Duration timeLeft() {
        Duration left = blockTimeout.minusNanos(System.nanoTime() - since);
        return left.isNegative() || left.isZero() ? Duration.ofMillis(1) : left;
    }
}
