package io.github.smtpproxy.internal.transport;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.locks.LockSupport;

/**
 * One direction of a socket: whether it is likely to go on, and who waits for that. One thread at a time waits; the
 * loop, and whoever closes the socket, wake it.
 *
 * <p>The selector tells of a readiness as long as it lasts, so interest in it is dropped when it would be told again to
 * no purpose, and only then: a conversation in turns never changes it. Whoever drops it looks for a waiter afterwards,
 * and a waiter looks after its interest each time before it parks; so neither misses the other.
 */
abstract class Readiness {

    private volatile boolean likely;
    private volatile Thread waiter;

    /** When who waits now is to give up; {@link Clock#NEVER} if it is not. */
    abstract long due();

    boolean isLikely() {
        return likely;
    }

    void likely(boolean now) {
        likely = now;
    }

    boolean isOverdue(long now) {
        return due() <= now;
    }

    /** Waits until it is likely or overdue, or the socket is closed; the caller tries, and sees for itself. */
    void await(SelectionKey key, EventLoop loop, int operation) {
        waiter = Thread.currentThread();
        try {
            loop.wakeAt(due());
            while (!likely && !isOverdue(loop.now())) {
                if ((key.interestOps() & operation) == 0) {
                    key.interestOpsOr(operation);
                    loop.wake();
                }
                LockSupport.park(this);
            }
        } catch (CancelledKeyException closed) {
            // as the caller's next try says
        } finally {
            waiter = null;
        }
    }

    /** The selector says that the operations are possible. */
    void signal(SelectionKey key, int operations) {
        boolean again = likely;
        likely = true;
        if (waiter == null || again || (operations & SelectionKey.OP_READ) == 0) {
            key.interestOpsAnd(~operations);
        }
        wake();
    }

    /** Has who waits try again at once. */
    void retry() {
        likely = true;
        wake();
    }

    void wake() {
        Thread thread = waiter;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /** @return when it wants to be woken */
    long wakeIfOverdue(long now) {
        if (waiter == null) {
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
