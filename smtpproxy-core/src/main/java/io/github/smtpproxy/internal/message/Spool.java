package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.BlockInputStream;
import io.github.smtpproxy.internal.wire.Budget;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A body that is kept: in memory up to a bound, then in a temporary file. Where the system allows it, the file has no name
 * from the moment that it exists, so that it is gone whatever happens. One thread writes; then any number of threads read,
 * each stream at its own position. After {@link #close}, streams throw.
 */
final class Spool implements AutoCloseable {

    /** The size of a block of memory, at least: content may come in small pieces. */
    private static final int LEAST = 1024;

    private volatile List<byte[]> memory = new ArrayList<>();
    private final int memoryBound;
    private final Network network;
    private final Budget.Share budget;
    private final ReentrantLock place = new ReentrantLock();
    private Optional<RandomAccessFile> file = Optional.empty();
    private Optional<Path> named = Optional.empty();
    private int inMemory;
    private int inLast;
    private long size;
    private volatile boolean closed;

    /**
     * @param memoryBound octets that are kept in memory
     * @param network is notified before a read or write that may block
     */
    Spool(int memoryBound, Network network, Budget budget) {
        this.memoryBound = memoryBound;
        this.network = network;
        this.budget = budget.share();
    }

    /** @throws BudgetExceededException where all sessions together hold too much */
    void append(byte[] bytes, int from, int to) throws IOException {
        int i = from;
        while (i < to && inMemory < memoryBound) {
            i += remember(bytes, i, to);
        }
        if (i < to) {
            int start = i;
            network.blocking(() -> writeFile(bytes, start, to));
        }
        size += to - from;
    }

    private int remember(byte[] bytes, int from, int to) throws BudgetExceededException {
        if (memory.isEmpty() || inLast == last().length) {
            int length = Math.min(Math.max(to - from, LEAST), memoryBound - inMemory);
            if (!budget.take(length)) {
                throw new BudgetExceededException();
            }
            memory.add(new byte[length]);
            inLast = 0;
        }
        int n = Math.min(to - from, last().length - inLast);
        System.arraycopy(bytes, from, last(), inLast, n);
        inLast += n;
        inMemory += n;
        return n;
    }

    private byte[] last() {
        return memory.get(memory.size() - 1);
    }

    private int writeFile(byte[] bytes, int from, int to) throws IOException {
        if (file.isEmpty()) {
            makeFile();
        }
        file.get().write(bytes, from, to - from);
        return to - from;
    }

    long size() {
        return size;
    }

    InputStream open() {
        return new Reader();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        memory = List.of();
        budget.close();
        if (file.isPresent()) {
            file.get().close();
        }
        if (named.isPresent()) {
            Files.deleteIfExists(named.get());
        }
    }

    /** A RandomAccessFile, since the interrupt of one reader would close a channel for all. */
    private void makeFile() throws IOException {
        Path path = Files.createTempFile("smtpproxy-", ".spool");
        named = Optional.of(path);
        file = Optional.of(new RandomAccessFile(path.toFile(), "rw"));
        try {
            Files.delete(path);
            named = Optional.empty();
        } catch (IOException heldOpen) {
            // it is deleted when it is closed
        }
    }

    private int readFile(long at, byte[] target, int offset, int length) throws IOException {
        place.lock();
        try {
            file.orElseThrow().seek(at);
            return file.get().read(target, offset, length);
        } finally {
            place.unlock();
        }
    }

    /** All sessions together hold as much as they may. */
    static final class BudgetExceededException extends IOException {
        private static final long serialVersionUID = 1L;

        BudgetExceededException() {
            super("all sessions together hold as much as they may");
        }
    }

    /** Reads the whole body or throws; it never ends early. */
    private final class Reader extends BlockInputStream {
        private long position;
        private int block;
        private int inBlock;

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            List<byte[]> blocks = memory;
            if (closed) {
                throw new IOException("the body is gone: the message is over");
            }
            if (position == size) {
                return -1;
            }
            int n = position < inMemory ? fromMemory(blocks, target, offset, length) : fromFile(target, offset, length);
            position += n;
            return n;
        }

        private int fromMemory(List<byte[]> blocks, byte[] target, int offset, int length) {
            if (inBlock == blocks.get(block).length) {
                block++;
                inBlock = 0;
            }
            byte[] octets = blocks.get(block);
            int n = (int) Math.min(Math.min(length, octets.length - inBlock), inMemory - position);
            System.arraycopy(octets, inBlock, target, offset, n);
            inBlock += n;
            return n;
        }

        private int fromFile(byte[] target, int offset, int length) throws IOException {
            int n = network.blocking(() -> readFile(position - inMemory, target, offset, length));
            if (n < 0) {
                throw new EOFException("the temporary file is shorter than what was written to it");
            }
            return n;
        }

        @Override
        public int available() {
            return closed ? 0 : (int) Math.max(0, inMemory - position);
        }
    }
}
