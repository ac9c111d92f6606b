package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Libc;
import io.github.smtpproxy.internal.transport.loop.TransferBuffer;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** System calls beside the ring, for large blocks: they never wait, and move more octets at once than a request. */
final class DirectCalls {

    /** The result of a call that would have to wait, or that failed: a request to the ring then tells why. */
    static final int NOTHING = -1;

    private final Ring ring;
    private final Consumer<RingSocket> closeChannel;
    private final TransferBuffer transfer = TransferBuffer.allocate();
    private final long address;

    /** @param closeChannel closes the channel of a socket that was closed during a call, when there is no loop any more */
    DirectCalls(Ring ring, Consumer<RingSocket> closeChannel) {
        this.ring = ring;
        this.closeChannel = closeChannel;
        ByteBuffer buffer = transfer.take();
        this.address = Libc.address(buffer);
        transfer.giveBack(buffer);
    }

    /** Reads what is there. Returns the octets read, 0 at the end, or {@link #NOTHING}. */
    int receive(RingSocket socket, byte[] target, int offset, int length) throws SocketException {
        ByteBuffer buffer = transfer.take();
        if (buffer == null) {
            return NOTHING;
        }
        try {
            int most = Math.min(length, TransferBuffer.SIZE);
            begin(socket);
            int n;
            try {
                n = Libc.recv(socket.descriptor(), address, most, Libc.MSG_DONTWAIT);
            } finally {
                end(socket);
            }
            if (n > 0) {
                buffer.get(0, target, offset, n);
            }
            return n;
        } finally {
            transfer.giveBack(buffer);
        }
    }

    /** Writes as much as there is room for. Returns the octets written, or {@link #NOTHING}. */
    int send(RingSocket socket, byte[] source, int offset, int length) throws SocketException {
        ByteBuffer buffer = transfer.take();
        if (buffer == null) {
            return NOTHING;
        }
        try {
            int most = Math.min(length, TransferBuffer.SIZE);
            buffer.put(0, source, offset, most);
            begin(socket);
            try {
                return Libc.send(socket.descriptor(), address, most, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            } finally {
                end(socket);
            }
        } finally {
            transfer.giveBack(buffer);
        }
    }

    /** From here on the descriptor stays open, whoever closes the socket. */
    private void begin(RingSocket socket) throws SocketException {
        ring.lock();
        boolean open = !socket.isClosed();
        if (open) {
            socket.beginCall();
        }
        ring.unlock();
        if (!open) {
            throw new SocketException("socket is closed");
        }
    }

    private void end(RingSocket socket) {
        ring.lock();
        boolean closedMeanwhile = socket.endCall() && socket.isClosed();
        boolean noLoop = ring.isClosed();
        ring.unlock();
        if (closedMeanwhile && noLoop) {
            closeChannel.accept(socket);
        } else if (closedMeanwhile) {
            ring.wake();
        }
    }
}
