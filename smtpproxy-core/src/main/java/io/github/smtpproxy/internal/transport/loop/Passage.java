package io.github.smtpproxy.internal.transport.loop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The memory outside the heap through which a loop's octets pass between arrays and the kernel. The JDK would look one
 * up for each call and each thread; a loop has one, since it moves one block at a time. A thread that the loop left
 * behind may come at the same time: it takes the JDK's way.
 */
public final class Passage {

    /** At most so much is moved at once: the JDK keeps what it takes for that, for each thread. */
    public static final int BLOCK = 64 * 1024;

    /** For threads that no loop carries, on sockets that have no loop yet. */
    static final Passage JDKS = new Passage(new AtomicReference<>());

    private final AtomicReference<ByteBuffer> free;

    private Passage(AtomicReference<ByteBuffer> free) {
        this.free = free;
    }

    static Passage ofLoop() {
        return new Passage(new AtomicReference<>(ByteBuffer.allocateDirect(BLOCK)));
    }

    /** Octets read, 0 if there are none now, below 0 at the end. */
    int read(SocketChannel channel, byte[] target, int offset, int length) throws IOException {
        int most = Math.min(length, BLOCK);
        ByteBuffer block = free.getAndSet(null);
        if (block == null) {
            return channel.read(ByteBuffer.wrap(target, offset, most));
        }
        try {
            int n = channel.read(block.clear().limit(most));
            if (n > 0) {
                block.get(0, target, offset, n);
            }
            return n;
        } finally {
            free.set(block);
        }
    }

    /** Octets written: as many as there was room for. */
    int write(SocketChannel channel, byte[] source, int offset, int length) throws IOException {
        int most = Math.min(length, BLOCK);
        ByteBuffer block = free.getAndSet(null);
        if (block == null) {
            return channel.write(ByteBuffer.wrap(source, offset, most));
        }
        try {
            return channel.write(block.clear().put(source, offset, most).flip());
        } finally {
            free.set(block);
        }
    }
}
