package io.github.smtpproxy.internal.message;

import java.time.Duration;

/**
 * How many octets of a message the throttles are asked for at once. The destination waits for the message meanwhile,
 * and may hang up where it gets nothing: so what throttles slow goes on in portions of about a second. What they do not
 * slow goes on as it comes. Used by one thread at a time.
 */
final class Portions {

    private static final long LONG = Duration.ofSeconds(1).toNanos();
    private static final int ALL = Integer.MAX_VALUE;

    private int next = ALL;

    /** The octets of the next portion, at least 1. */
    int next() {
        return next;
    }

    /** So many octets have waited for so long. */
    void waited(long octets, long nanos) {
        if (nanos > LONG) {
            next = (int) Math.max(1, Math.min(next, octets * (double) LONG / nanos));
        } else if (octets >= next) {
            next = next > ALL / 2 ? ALL : next * 2;
        }
    }
}
