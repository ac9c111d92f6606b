package io.github.smtpproxy.throttle;

import java.time.Duration;
import java.util.Objects;

/**
 * A number of events in a time.
 *
 * @param amount at least 1
 * @param per longer than zero, at most 366 days
 */
public record Rate(long amount, Duration per) {

    private static final Duration LONGEST = Duration.ofDays(366);

    /** Checks both. */
    public Rate {
        Objects.requireNonNull(per, "per");
        if (amount < 1 || per.isZero() || per.isNegative() || per.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "rate must be at least 1 in a time above zero and at most 366 days, was " + amount + " in " + per);
        }
    }

    /** A rate. */
    public static Rate of(long amount, Duration per) {
        return new Rate(amount, per);
    }
}
