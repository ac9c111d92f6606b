package io.github.smtpproxy.internal.transport.loop;

import java.util.concurrent.locks.LockSupport;

/** Who waits for one direction of a socket, one thread at a time, and until when. */
public abstract class Waiter {

    private volatile Thread thread;

    /** When who waits now is to give up; {@link Clock#NEVER} if it is not. */
    protected abstract long due();

    /** Whether there is nothing to wait for any more. Asked before each park, so that it can prepare for being woken. */
    protected abstract boolean mayGoOn();

    final boolean isOverdue(long now) {
        return due() <= now;
    }

    final boolean isWaiting() {
        return thread != null;
    }

    /**
     * Waits until it may go on or is overdue; the caller sees for itself. An interrupt does not end it, and is not left to
     * end each park at once.
     */
    public final void await(EventLoop loop) {
        boolean interrupted = false;
        thread = Thread.currentThread();
        try {
            loop.wakeAt(due());
            while (!mayGoOn() && !isOverdue(loop.now())) {
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

    public final void wake() {
        Thread waiting = thread;
        if (waiting != null) {
            LockSupport.unpark(waiting);
        }
    }

    /** @return when it wants to be woken */
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
