package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Libc;
import java.net.SocketException;
import java.util.function.Consumer;

/**
 * System calls beside the ring, for large blocks. They never wait, move more octets at once than a request, and copy
 * between the kernel and the heap directly.
 */
final class DirectCalls {

    /** The result of a call that would have to wait, or that failed: a request to the ring then finds out which. */
    static final int NOTHING = -1;

    /** A call should not hold up the garbage collector for longer than that takes. */
    static final int BLOCK = 64 * 1024;

    private final Ring ring;
    private final Consumer<SocketHandle> closeChannel;

    /** @param closeChannel closes the channel of a socket that was closed during a call, when there is no loop any more */
    DirectCalls(Ring ring, Consumer<SocketHandle> closeChannel) {
        this.ring = ring;
        this.closeChannel = closeChannel;
    }

    /** Reads what is there, a block at most. Returns the octets read, 0 at the end, or {@link #NOTHING}. */
    int receive(SocketHandle handle, byte[] target, int offset, int length) throws SocketException {
        begin(handle);
        try {
            return Libc.recv(handle.descriptor(), target, offset, Math.min(length, BLOCK), Libc.MSG_DONTWAIT);
        } finally {
            end(handle);
        }
    }

    /** Writes what there is room for, a block at most. Returns the octets written, or {@link #NOTHING}. */
    int send(SocketHandle handle, byte[] source, int offset, int length) throws SocketException {
        begin(handle);
        try {
            int most = Math.min(length, BLOCK);
            return Libc.send(handle.descriptor(), source, offset, most, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        } finally {
            end(handle);
        }
    }

    private void begin(SocketHandle handle) throws SocketException {
        ring.lock();
        boolean open = handle.beginCall();
        ring.unlock();
        if (!open) {
            throw new SocketException("socket is closed");
        }
    }

    private void end(SocketHandle handle) {
        ring.lock();
        boolean waitsForUs = handle.endCall();
        boolean noLoop = ring.isClosed();
        ring.unlock();
        if (waitsForUs && noLoop) {
            closeChannel.accept(handle);
        } else if (waitsForUs) {
            ring.wake();
        }
    }
}
