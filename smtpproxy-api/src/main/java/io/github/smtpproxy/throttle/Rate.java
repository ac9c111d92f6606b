package io.github.smtpproxy.throttle;

import java.time.Duration;

/**
 * So many in so long.
 *
 * @param amount at least 1
 * @param per longer than zero
 */
public record Rate(long amount, Duration per) {

    /** Checks both. */
    public Rate {
        if (amount < 1 || per.isZero() || per.isNegative()) {
            throw new IllegalArgumentException(
                    "a rate is at least 1 in a time longer than zero, not " + amount + " in " + per);
        }
    }

    /** A rate. */
    public static Rate of(long amount, Duration per) {
        return new Rate(amount, per);
    }
}
