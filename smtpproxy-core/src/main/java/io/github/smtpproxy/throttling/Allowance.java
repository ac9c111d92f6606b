package io.github.smtpproxy.throttling;

import io.github.smtpproxy.throttle.Rate;
import java.time.Duration;

/**
 * A rate of which some events may come before their time, and wait until then. They are a part of the bucket that is taken
 * last: what is taken of it is paid for by a delay, so that all that wait at the same time keep the rate together.
 *
 * @param rate what is allowed
 * @param bucket the rate in parts, with those events
 * @param early parts of events that may come before their time
 * @param parts of an event that the bucket counts, so that a delay is as long as it must be
 */
record Allowance(Rate rate, Rate bucket, long early, long parts) {

    private static final long FINE = 1_000;
    /** Parts in a second: a bucket counts no more than one in a nanosecond. */
    private static final double MOST_FINE = 100_000_000;

    /** A bucket computes with this many times the nanoseconds of its time, in 63 bits. */
    private static final double EARLY = 5_000_000_000.0;

    /** @param longest how long an event may wait; zero for not at all */
    static Allowance of(Rate rate, Duration longest) {
        if (longest.isZero()) {
            return new Allowance(rate, rate, 0, 1);
        }
        double second = rate.amount() * 1e9 / nanos(rate);
        double most = Math.min(MOST_FINE / second, EARLY / rate.burst());
        long parts = (long) Math.max(1, Math.min(FINE, most));
        long early = (long) Math.min(EARLY, rate.amount() * (double) parts * longest.toNanos() / nanos(rate));
        Rate bucket = new Rate(rate.amount() * parts, rate.per(), rate.burst() * parts + early);
        return new Allowance(rate, bucket, early, parts);
    }

    private static double nanos(Rate rate) {
        return rate.per().getSeconds() * 1e9 + rate.per().getNano();
    }

    /** More than the bucket ever has: who asks for so much takes nothing, and the answer is what is left. */
    long beyond() {
        return bucket.burst() + 1;
    }

    /** How many events may still come now, of what remains in the bucket. */
    long left(long remaining) {
        return Math.max(0, remaining - early) / parts;
    }

    /** Whether not one more event may come, now or later. */
    boolean isUsedUp(long remaining) {
        return remaining < parts;
    }

    /** How long what was taken last must wait, where so much remains. */
    Duration delay(long remaining) {
        return remaining >= early ? Duration.ZERO : time(early - remaining);
    }

    /** How long one event takes to come back. */
    Duration interval() {
        return time(parts);
    }

    private Duration time(long refill) {
        return Duration.ofNanos((long) Math.ceil(nanos(rate) * refill / ((double) rate.amount() * parts)));
    }
}
