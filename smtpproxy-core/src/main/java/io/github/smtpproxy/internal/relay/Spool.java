package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.transport.Transport;
import io.github.smtpproxy.internal.wire.BlockInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A body that a filter opened, as it came over the wire: memory up to a bound, then a temporary file. The file has no
 * name from the moment that it exists (where the system allows it), so that it is gone whatever happens.
 */
final class Spool implements AutoCloseable {

    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private final int memoryBound;
    private final Transport transport;
    private Optional<FileChannel> file = Optional.empty();
    private long size;

    /**
     * @param memoryBound octets that are kept in memory
     * @param transport is told before the file is touched
     */
    Spool(int memoryBound, Transport transport) {
        this.memoryBound = memoryBound;
        this.transport = transport;
    }

    void append(byte[] bytes, int from, int to) throws IOException {
        int inMemory = Math.max(0, Math.min(to - from, memoryBound - memory.size()));
        memory.write(bytes, from, inMemory);
        size += to - from;
        if (from + inMemory < to) {
            transport.mayHold();
            if (file.isEmpty()) {
                file = Optional.of(temporaryFile());
            }
            ByteBuffer rest = ByteBuffer.wrap(bytes, from + inMemory, to - from - inMemory);
            while (rest.hasRemaining()) {
                file.get().write(rest);
            }
        }
    }

    long size() {
        return size;
    }

    InputStream open() {
        InputStream first = new ByteArrayInputStream(memory.toByteArray());
        return file.<InputStream>map(channel -> new SequenceInputStream(first, new FileReader(channel)))
                .orElse(first);
    }

    @Override
    public void close() throws IOException {
        if (file.isPresent()) {
            file.get().close();
        }
    }

    private static FileChannel temporaryFile() throws IOException {
        Path path = Files.createTempFile("smtpproxy-", ".spool");
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        try {
            Files.delete(path);
        } catch (IOException heldOpen) {
            // then it goes when it is closed
        }
        return channel;
    }

    /** Reads from a position of its own, so that a body can be read by several at once. */
    private final class FileReader extends BlockInputStream {
        private final FileChannel channel;
        private long position;

        FileReader(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            transport.mayHold();
            int n = channel.read(ByteBuffer.wrap(target, offset, length), position);
            position += Math.max(n, 0);
            return n;
        }
    }
}
