package io.github.smtpproxy.throttle;

import java.time.Duration;
import java.util.Objects;

/**
 * So many in so long.
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
                    "a rate is at least 1 in a time longer than zero and at most 366 days, not " + amount + " in "
                            + per);
        }
    }

    /** A rate. */
    public static Rate of(long amount, Duration per) {
        return new Rate(amount, per);
    }
}
