package io.github.smtpproxy.internal.transport.uring;

/**
 * The handles of closed sockets whose descriptors are still open, first in, first out. They are linked to each other,
 * because closing a socket must not need memory.
 */
final class ClosingHandles {

    private final Ring ring;
    private volatile SocketHandle first;
    private SocketHandle last;

    ClosingHandles(Ring ring) {
        this.ring = ring;
    }

    boolean any() {
        return first != null;
    }

    /** With the ring's lock. */
    void add(SocketHandle handle) {
        handle.closeAfter(ring.requested());
        if (first == null) {
            first = handle;
        } else {
            last.setNextClosing(handle);
        }
        last = handle;
    }

    /** Removes one whose descriptor can be closed by now; null if there is none. */
    SocketHandle poll() {
        if (first == null) {
            return null;
        }
        ring.lock();
        SocketHandle next = first;
        boolean now = next != null && !next.isInCall() && ring.isSubmitted(next.closesAfter());
        if (now) {
            first = next.nextClosing();
        }
        ring.unlock();
        return now ? next : null;
    }
}
