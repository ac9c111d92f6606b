package io.github.smtpproxy.internal.transport.loop;

import java.util.concurrent.locks.LockSupport;

/** The wait for one direction of a socket: which thread waits, if one does, and until when. */
public abstract class Waiter {

    private volatile Thread thread;

    /** When the present wait is overdue; {@link Clock#NEVER} if it has no deadline. */
    protected abstract long due();

    /** Whether the wait is over. Called before each park, so it can also arrange for a wake-up. */
    protected abstract boolean isDone();

    final boolean isOverdue(long now) {
        return due() <= now;
    }

    final boolean isWaiting() {
        return thread != null;
    }

    /**
     * Waits until {@link #isDone} or overdue; the caller finds out which. An interrupt does not end the wait: the thread is
     * interrupted again afterwards.
     */
    public final void await(EventLoop loop) {
        boolean interrupted = false;
        thread = Thread.currentThread();
        try {
            loop.wakeAt(due());
            while (!isDone() && !isOverdue(loop.now())) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
        } finally {
            thread = null;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes the waiting thread, if there is one, look again. Any thread. */
    public final void wake() {
        Thread waiting = thread;
        if (waiting != null) {
            LockSupport.unpark(waiting);
        }
    }

    /** Returns when to look again, {@link Clock#NEVER} if nobody waits. */
    final long wakeIfOverdue(long now) {
        if (thread == null) {
            return Clock.NEVER;
        }
        long due = due();
        if (due > now) {
            return due;
        }
        wake();
        return Clock.NEVER;
    }
}
