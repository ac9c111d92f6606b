package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.SharedMemory;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The buffers of a ring that what is received goes into. The kernel takes one when octets have come: so who waits for
 * some holds none, however many wait.
 */
final class ReceiveBuffers {

    static final int SIZE = 4 * 1024;

    private static final int COUNT = 256;
    /** Buffers that all begin at a page would contend for the same few lines of the cache. */
    private static final int STRIDE = SIZE + 192;
    /** Of the list's entry: the address, the length, the buffer's number; the tail lies within the first entry. */
    private static final int ENTRY = 16;

    private static final int LENGTH = 8;
    private static final int NUMBER = 12;
    private static final int TAIL = 14;

    private final SharedMemory list;
    private final SharedMemory memory;
    private short given;

    ReceiveBuffers() throws IOException {
        list = SharedMemory.anonymous(COUNT * ENTRY);
        memory = SharedMemory.anonymous(COUNT * STRIDE);
        for (int i = 0; i < COUNT; i++) {
            give(i);
        }
    }

    /** Writes what is to be registered, {@code struct io_uring_buf_reg}. */
    void describe(ByteBuffer registration) {
        registration.putLong(0, list.address()).putInt(8, COUNT);
    }

    /**
     * What was received into a buffer, which goes back to the kernel. Null where there is no memory for it: to wait for
     * some here would hold up those who could give theirs back, so one connection breaks off instead.
     */
    byte[] take(int buffer, int length) {
        byte[] octets = null;
        try {
            octets = new byte[length];
            memory.octets().get(buffer * STRIDE, octets);
        } catch (OutOfMemoryError noMemory) {
            octets = null;
        }
        give(buffer);
        return octets;
    }

    private void give(int buffer) {
        int entry = (given & COUNT - 1) * ENTRY;
        list.octets()
                .putLong(entry, memory.address() + (long) buffer * STRIDE)
                .putInt(entry + LENGTH, SIZE)
                .putShort(entry + NUMBER, (short) buffer);
        list.setRelease(TAIL, ++given);
    }

    void unmap() {
        list.unmap();
        memory.unmap();
    }
}
