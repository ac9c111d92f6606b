package io.github.smtpproxy.internal.transport;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a thread that must not end went on after, memory that ran out above all. It is noted without anything being
 * allocated, since that would fail for the same reason, and told when the thread does its work again.
 */
public final class Mishaps {

    private static final Logger log = LoggerFactory.getLogger(Mishaps.class);

    /** Between two tries, so that what fails again and again does not take the processor from those who free memory. */
    private static final long PAUSE_NANOS = 10_000_000;

    /** Between two lines of the log. */
    private static final long SILENCE_NANOS = 1_000_000_000;

    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private final String who;
    private final AtomicLong untold = new AtomicLong();
    private volatile Throwable last;
    private volatile long told = System.nanoTime() - SILENCE_NANOS;

    /** @param who as the log is to name it */
    public Mishaps(String who) {
        this.who = who;
    }

    /** Notes it, and waits for a moment. */
    public void note(Throwable mishap) {
        last = mishap;
        untold.incrementAndGet();
        try {
            LockSupport.parkNanos(PAUSE_NANOS);
        } catch (Throwable noMemoryToWait) {
            Thread.onSpinWait();
        }
    }

    /** Runs what must be run: where memory runs out again and again, until it is done or seconds have passed. */
    public void insist(Runnable task) {
        long start = System.nanoTime();
        boolean again = true;
        while (again) {
            try {
                task.run();
                again = false;
            } catch (OutOfMemoryError noMemory) {
                note(noMemory);
                again = System.nanoTime() - start < PATIENCE_NANOS;
            } catch (Throwable other) {
                note(other);
                again = false;
            }
        }
    }

    /** Logs what was noted since the last time, once a second at most. It may fail as anything else does. */
    public void tell() {
        if (untold.get() > 0 && System.nanoTime() - told >= SILENCE_NANOS) {
            told = System.nanoTime();
            Throwable cause = last;
            log.error("{} went on after {} failures, the last of them:", who, untold.getAndSet(0), cause);
        }
    }
}
