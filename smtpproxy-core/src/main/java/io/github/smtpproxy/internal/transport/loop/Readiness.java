package io.github.smtpproxy.internal.transport.loop;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;

/**
 * One direction of a socket that a selector watches: whether it is likely to go on, and who waits for that. The loop,
 * and whoever closes the socket, wake it.
 *
 * <p>The selector tells of a readiness as long as it lasts, so interest in it is dropped when it would be told again to
 * no purpose, and only then: a conversation in turns never changes it. Whoever drops it looks for a waiter afterwards,
 * and a waiter looks after its interest each time before it parks; so neither misses the other.
 */
abstract class Readiness extends Waiter {

    private volatile boolean likely;
    private SelectionKey key;
    private EventLoop loop;
    private int operation;

    boolean isLikely() {
        return likely;
    }

    void likely(boolean now) {
        likely = now;
    }

    /** Waits until it is likely or overdue, or the socket is closed; the caller tries, and sees for itself. */
    void await(SelectionKey selected, EventLoop by, int forOperation) {
        key = selected;
        loop = by;
        operation = forOperation;
        try {
            await(by);
        } catch (CancelledKeyException closed) {
            // as the caller's next try says
        }
    }

    @Override
    protected final boolean mayGoOn() {
        if (!likely && (key.interestOps() & operation) == 0) {
            key.interestOpsOr(operation);
            loop.wake();
        }
        return likely;
    }

    /** The selector says that the operations are possible. */
    void signal(SelectionKey selected, int operations) {
        boolean again = likely;
        likely = true;
        if (!isWaiting() || again || (operations & SelectionKey.OP_READ) == 0) {
            selected.interestOpsAnd(~operations);
        }
        wake();
    }

    /** Has who waits try again at once. */
    void retry() {
        likely = true;
        wake();
    }
}
