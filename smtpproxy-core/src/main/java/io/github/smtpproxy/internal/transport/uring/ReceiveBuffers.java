package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.SharedMemory;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The buffers that a ring receives into. The kernel takes one when octets have come, so sockets that wait hold none,
 * however many they are.
 */
final class ReceiveBuffers {

    static final int SIZE = 4 * 1024;

    private static final int COUNT = 256;
    /** Not a multiple of the page size: buffers that all began at a page would compete for the same cache lines. */
    private static final int STRIDE = SIZE + 192;

    /** The {@code struct io_uring_buf} of the buffers that the kernel may take. */
    private final SharedMemory list;

    private final SharedMemory memory;
    private short tail;

    ReceiveBuffers() throws IOException {
        list = SharedMemory.allocate(COUNT * IoUring.BUF_SIZE);
        memory = SharedMemory.allocate(COUNT * STRIDE);
        for (int i = 0; i < COUNT; i++) {
            giveBack(i);
        }
    }

    /** Writes the {@code struct io_uring_buf_reg} to register them with. */
    void describe(ByteBuffer registration) {
        registration.putLong(IoUring.BUF_REG_RING_ADDR, list.address()).putInt(IoUring.BUF_REG_RING_ENTRIES, COUNT);
    }

    /**
     * Returns a copy of what was received into a buffer, and gives the buffer back to the kernel. Null if there is no
     * memory: to wait for memory here would stop the sessions that could free some, so this connection breaks instead.
     */
    byte[] take(int buffer, int length) {
        byte[] octets = null;
        try {
            octets = new byte[length];
            memory.octets().get(buffer * STRIDE, octets);
        } catch (OutOfMemoryError noMemory) {
            octets = null;
        }
        giveBack(buffer);
        return octets;
    }

    private void giveBack(int buffer) {
        int at = (tail & COUNT - 1) * IoUring.BUF_SIZE;
        list.octets()
                .putLong(at + IoUring.BUF_ADDR, memory.address() + (long) buffer * STRIDE)
                .putInt(at + IoUring.BUF_LEN, SIZE)
                .putShort(at + IoUring.BUF_BID, (short) buffer);
        list.setRelease(IoUring.BUF_RING_TAIL, ++tail);
    }

    void unmap() {
        list.unmap();
        memory.unmap();
    }
}
