package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.message.Content;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** A body that a milter put in the place of another: in memory up to a bound, then in a temporary file. */
final class ReplacedBody implements Content, AutoCloseable {

    private static final int IN_MEMORY = 256 * 1024;

    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private Optional<FileChannel> file = Optional.empty();
    private long size;
    private boolean afterCr;

    long size() {
        return size;
    }

    /** Appends octets; a line end that lacks its CR gets it, since milters write both. */
    void append(byte[] octets) throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream(octets.length + octets.length / 32);
        for (byte octet : octets) {
            if (octet == '\n' && !afterCr) {
                lines.write('\r');
            }
            lines.write(octet);
            afterCr = octet == '\r';
        }
        size += lines.size();
        sink().write(lines.toByteArray());
    }

    private OutputStream sink() throws IOException {
        if (size <= IN_MEMORY && file.isEmpty()) {
            return memory;
        }
        if (file.isEmpty()) {
            file = Optional.of(unnamed());
            memory.writeTo(Channels.newOutputStream(file.get()));
            memory.reset();
        }
        return Channels.newOutputStream(file.get());
    }

    /** On Unix it has no name from now on, so nothing of it is left whatever happens. */
    private static FileChannel unnamed() throws IOException {
        Path path = Files.createTempFile("smtpproxy-milter", ".body");
        return FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    }

    @Override
    public InputStream open() {
        return file.<InputStream>map(Reading::new).orElseGet(() -> new ByteArrayInputStream(memory.toByteArray()));
    }

    /** Reads from the beginning, wherever others read. */
    private static final class Reading extends InputStream {

        private final FileChannel file;
        private long at;

        Reading(FileChannel file) {
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = file.read(ByteBuffer.wrap(target, offset, length), at);
            at += Math.max(0, n);
            return n;
        }
    }

    /** Frees what is held. */
    @Override
    public void close() {
        try {
            if (file.isPresent()) {
                file.get().close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
