package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.route.DestinationStatus.State;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Whether one destination is to be used, by what happened to those who used it. Five failures in a row eject it for 30 seconds,
 * times how often that has happened, 5 minutes at most. Then one session may try it, and the result decides. It returns with a
 * tenth of its share, which grows for 30 seconds, so that what made it fail does not come at once. Any thread.
 */
final class Health {

    private static final int FAILURES = 5;
    private static final long EJECTION = Duration.ofSeconds(30).toNanos();
    private static final long LONGEST = Duration.ofMinutes(5).toNanos();
    private static final long RETURN = Duration.ofSeconds(30).toNanos();
    private static final double LEAST_SHARE = 0.1;
    /** A session that tries it and never reports is not waited for any longer. */
    private static final long TRIAL = Duration.ofMinutes(1).toNanos();

    private final LongSupplier nanoTime;
    private int failures;
    private int ejections;
    private boolean ejected;
    private long next;
    private boolean returning;
    private long returned;

    Health(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Whether it may be tried now. */
    synchronized boolean isAvailable() {
        return !ejected || nanoTime.getAsLong() - next >= 0;
    }

    /** Takes the right to try it; of one that is ejected, only one session at a time has that. */
    synchronized boolean claim() {
        if (!isAvailable()) {
            return false;
        }
        next = nanoTime.getAsLong() + TRIAL;
        return true;
    }

    /** It has greeted, and may fail behind that: one that was ejected returns, and the next failure ejects it again. */
    synchronized void greeted() {
        if (ejected) {
            succeeded();
            failures = FAILURES - 1;
        }
    }

    /** It has done what it is for. */
    synchronized void succeeded() {
        failures = 0;
        long now = nanoTime.getAsLong();
        if (ejected) {
            ejected = false;
            returning = true;
            returned = now;
        } else if (returning && now - returned > RETURN) {
            returning = false;
            ejections = 0;
        }
    }

    synchronized void failed() {
        failures++;
        if (ejected || failures >= FAILURES) {
            failures = 0;
            ejected = true;
            returning = false;
            ejections++;
            next = nanoTime.getAsLong() + Math.min(LONGEST, EJECTION * ejections);
        }
    }

    /** Of its weight, what it gets now. */
    synchronized double share() {
        if (!returning) {
            return 1;
        }
        double grown = (double) (nanoTime.getAsLong() - returned) / RETURN;
        return Math.min(1, Math.max(LEAST_SHARE, grown));
    }

    synchronized State state() {
        if (ejected) {
            return State.EJECTED;
        }
        return share() < 1 ? State.RETURNING : State.UP;
    }
}
