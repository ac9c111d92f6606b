package io.github.smtpproxy.internal.downstream;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A wait that an interrupt from before does not end: that one belongs to a filter that proceeds, and is there again
 * afterwards. One that comes meanwhile ends it.
 */
final class UninterruptedWait {

    private UninterruptedWait() {}

    /** Whether what was waited for came in time. */
    static boolean await(CountDownLatch latch, long nanos) {
        boolean interrupted = Thread.interrupted();
        try {
            return latch.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException stopping) {
            interrupted = true;
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
