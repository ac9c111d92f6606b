package io.github.smtpproxy.internal.transport.uring;

/**
 * The sockets whose descriptors are to be closed, first in, first out. They are linked to each other, because closing a
 * socket must not need memory.
 *
 * <p>The number of a closed descriptor may at once belong to another socket. So a descriptor is closed only when the kernel
 * has taken all requests for it, and no thread is in a call with it.
 */
final class ClosingSockets {

    private final Ring ring;
    private volatile RingSocket first;
    private RingSocket last;

    ClosingSockets(Ring ring) {
        this.ring = ring;
    }

    boolean any() {
        return first != null;
    }

    /** With the ring's lock. */
    void add(RingSocket socket) {
        socket.closeAfter(ring.requested());
        if (first == null) {
            first = socket;
        } else {
            last.setNextClosing(socket);
        }
        last = socket;
    }

    /** Removes one whose descriptor can be closed by now; null if there is none. */
    RingSocket poll() {
        if (first == null) {
            return null;
        }
        ring.lock();
        RingSocket next = first;
        boolean now = next != null && !next.isInCall() && ring.isSubmitted(next.closesAfter());
        if (now) {
            first = next.nextClosing();
        }
        ring.unlock();
        return now ? next : null;
    }
}
