package io.github.smtpproxy.internal.transport;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a thread that must not end has survived, an OutOfMemoryError above all. To note it allocates nothing, since that
 * would fail for the same reason; it is logged when the thread works again.
 */
public final class SurvivedErrors {

    private static final Logger log = LoggerFactory.getLogger(SurvivedErrors.class);

    /** Between two tries, so that a thread that fails repeatedly leaves the processor to those that free memory. */
    private static final long PAUSE_NANOS = 10_000_000;

    /** Between two lines of the log. */
    private static final long LOG_INTERVAL_NANOS = 1_000_000_000;

    private static final long MAX_RETRY_NANOS = 20_000_000_000L;

    private final String activity;
    private final AtomicLong count = new AtomicLong();
    private volatile Throwable last;
    private volatile long logged = System.nanoTime() - LOG_INTERVAL_NANOS;

    /** @param activity what the log names */
    public SurvivedErrors(String activity) {
        this.activity = activity;
    }

    /** Notes an error, and pauses. */
    public void note(Throwable error) {
        last = error;
        count.incrementAndGet();
        try {
            LockSupport.parkNanos(PAUSE_NANOS);
        } catch (Throwable noMemoryToPark) {
            Thread.onSpinWait();
        }
    }

    /** Runs a task that must run: for up to 20 seconds again, while memory runs out in it. Other errors are noted. */
    public void retry(Runnable task) {
        long start = System.nanoTime();
        boolean again = true;
        while (again) {
            try {
                task.run();
                again = false;
            } catch (OutOfMemoryError noMemory) {
                note(noMemory);
                again = System.nanoTime() - start < MAX_RETRY_NANOS;
            } catch (Throwable other) {
                note(other);
                again = false;
            }
        }
    }

    /** Logs what was noted since it was logged last, at most once a second. This may itself fail. */
    public void log() {
        if (count.get() > 0 && System.nanoTime() - logged >= LOG_INTERVAL_NANOS) {
            logged = System.nanoTime();
            Throwable cause = last;
            log.error("{}: continued after {} errors, the last of them:", activity, count.getAndSet(0), cause);
        }
    }
}
