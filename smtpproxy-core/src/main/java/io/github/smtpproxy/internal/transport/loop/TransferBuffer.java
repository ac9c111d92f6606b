package io.github.smtpproxy.internal.transport.loop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The memory outside the heap through which a loop copies octets between arrays and the kernel. The JDK would look one up
 * for each call and keep one for each thread; a loop needs one, because it copies one block at a time. If another thread
 * has it (the loop has been taken over from one that is in a call), the JDK's own is used.
 */
final class TransferBuffer {

    /** The most that one call moves. The JDK keeps a buffer of the largest size that was asked for, for each thread. */
    static final int SIZE = 64 * 1024;

    /** For threads that no loop carries, on sockets that have no loop yet. */
    static final TransferBuffer JDK = new TransferBuffer(null);

    private final AtomicReference<ByteBuffer> free;

    private TransferBuffer(ByteBuffer buffer) {
        free = new AtomicReference<>(buffer);
    }

    static TransferBuffer allocate() {
        return new TransferBuffer(ByteBuffer.allocateDirect(SIZE));
    }

    /** The buffer, to be given back; null if another thread has it. */
    private ByteBuffer take() {
        ByteBuffer buffer = free.getAndSet(null);
        return buffer == null ? null : buffer.clear();
    }

    private void giveBack(ByteBuffer buffer) {
        free.set(buffer);
    }

    /** Returns the octets read: 0 if there are none now, -1 at the end. */
    int read(SocketChannel channel, byte[] target, int offset, int length) throws IOException {
        int most = Math.min(length, SIZE);
        ByteBuffer buffer = take();
        if (buffer == null) {
            return channel.read(ByteBuffer.wrap(target, offset, most));
        }
        try {
            int n = channel.read(buffer.limit(most));
            if (n > 0) {
                buffer.get(0, target, offset, n);
            }
            return n;
        } finally {
            giveBack(buffer);
        }
    }

    /** Returns the octets written, as many as there was room for. */
    int write(SocketChannel channel, byte[] source, int offset, int length) throws IOException {
        int most = Math.min(length, SIZE);
        ByteBuffer buffer = take();
        if (buffer == null) {
            return channel.write(ByteBuffer.wrap(source, offset, most));
        }
        try {
            return channel.write(buffer.put(source, offset, most).flip());
        } finally {
            giveBack(buffer);
        }
    }
}
