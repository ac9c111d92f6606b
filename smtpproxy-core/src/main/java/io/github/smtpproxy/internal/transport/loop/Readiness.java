package io.github.smtpproxy.internal.transport.loop;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;

/**
 * One direction of a socket that a selector watches: whether an operation is likely to succeed, and the thread that waits
 * for that.
 *
 * <p>A selector reports a ready channel at every select. To drop the interest and to renew it costs a system call each, so
 * the interest stays while reports are of use, which they always are to a conversation that reads and writes in turn. It
 * is dropped when the next report would be of no use: nobody waits, or the last one has not been used yet, or the channel
 * is writable, which it nearly always is.
 *
 * <p>No report is lost: {@link #signal} drops the interest before it looks for a waiting thread, and that thread renews the
 * interest before each park.
 */
abstract class Readiness extends Waiter {

    private volatile boolean likely;
    private SelectionKey key;
    private EventLoop loop;
    private int operation;

    boolean isLikely() {
        return likely;
    }

    void setLikely(boolean value) {
        likely = value;
    }

    /** Waits until the operation is likely to succeed, or the wait is overdue, or the socket is closed. */
    void await(SelectionKey selected, EventLoop by, int forOperation) {
        key = selected;
        loop = by;
        operation = forOperation;
        try {
            await(by);
        } catch (CancelledKeyException closed) {
            // the caller's next operation fails for that reason
        }
    }

    @Override
    protected final boolean isDone() {
        if (!likely && (key.interestOps() & operation) == 0) {
            key.interestOpsOr(operation);
            loop.wake();
        }
        return likely;
    }

    /** The selector reports these operations. */
    void signal(SelectionKey selected, int operations) {
        boolean unused = likely;
        likely = true;
        if (!isWaiting() || unused || (operations & SelectionKey.OP_READ) == 0) {
            selected.interestOpsAnd(~operations);
        }
        wake();
    }

    /** Makes the waiting thread try at once, because the socket was closed or shut down. */
    void retry() {
        likely = true;
        wake();
    }
}
