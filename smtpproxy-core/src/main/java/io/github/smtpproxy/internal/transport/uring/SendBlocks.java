package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.SharedMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where octets stay until the kernel has taken them: a block for each socket that sends, and used again at once. */
final class SendBlocks {

    static final int SIZE = 4 * 1024;

    private static final int CHUNK = 256;
    /** See {@link ReceiveBuffers}. */
    private static final int STRIDE = SIZE + 192;

    private final List<SharedMemory> chunks = new ArrayList<>();
    private int[] free = new int[CHUNK];
    private int left;

    /** A block with these octets. */
    int take(byte[] source, int offset, int length) {
        if (left == 0) {
            grow();
        }
        int block = free[--left];
        chunks.get(block / CHUNK).octets().put(block % CHUNK * STRIDE, source, offset, length);
        return block;
    }

    long address(int block) {
        return chunks.get(block / CHUNK).address() + (long) (block % CHUNK) * STRIDE;
    }

    void giveBack(int block) {
        free[left++] = block;
    }

    void unmap() {
        chunks.forEach(SharedMemory::unmap);
    }

    private void grow() {
        int first = chunks.size() * CHUNK;
        int[] room = Arrays.copyOf(free, first + CHUNK);
        try {
            chunks.add(SharedMemory.anonymous(CHUNK * STRIDE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        free = room;
        for (int i = CHUNK - 1; i >= 0; i--) {
            free[left++] = first + i;
        }
    }
}
