package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.SharedMemory;
import io.github.smtpproxy.internal.transport.loop.SpinLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Blocks of memory in which octets stay until the kernel has sent them: one for each socket that is sending. */
final class SendBlocks {

    static final int SIZE = 4 * 1024;

    private static final int CHUNK = 256;
    /** See {@link ReceiveBuffers}. */
    private static final int STRIDE = SIZE + 192;

    static final class Block {
        private final SharedMemory chunk;
        private final int at;
        private Block next;

        private Block(SharedMemory chunk, int at, Block next) {
            this.chunk = chunk;
            this.at = at;
            this.next = next;
        }

        void put(byte[] source, int offset, int length) {
            chunk.octets().put(at, source, offset, length);
        }

        long address() {
            return chunk.address() + at;
        }
    }

    private final SpinLock lock = new SpinLock();
    /** The free blocks, linked. With the lock. */
    private Block free;

    private final List<SharedMemory> chunks = new ArrayList<>();

    Block take() {
        Block block = pop();
        while (block == null) {
            grow();
            block = pop();
        }
        return block;
    }

    private Block pop() {
        lock.lock();
        Block block = free;
        if (block != null) {
            free = block.next;
        }
        lock.unlock();
        return block;
    }

    void giveBack(Block block) {
        lock.lock();
        block.next = free;
        free = block;
        lock.unlock();
    }

    /** Nothing parks with the monitor, so it pins a carrier on JDK 21 for as long as the kernel maps memory. */
    private synchronized void grow() {
        SharedMemory chunk;
        try {
            chunk = SharedMemory.allocate(CHUNK * STRIDE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        chunks.add(chunk);
        Block last = new Block(chunk, 0, null);
        Block first = last;
        for (int i = 1; i < CHUNK; i++) {
            first = new Block(chunk, i * STRIDE, first);
        }
        lock.lock();
        last.next = free;
        free = first;
        lock.unlock();
    }

    void unmap() {
        chunks.forEach(SharedMemory::unmap);
    }
}
