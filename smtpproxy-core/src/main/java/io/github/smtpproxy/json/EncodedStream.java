package io.github.smtpproxy.json;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;

/** What is inside the quotes of a long string, made block by block. */
final class EncodedStream extends InputStream {

    /** Whole groups of three octets, as Base64 wants them. */
    private static final int BLOCK = 3 * 4096;

    private final InputStream source;
    private final Blocks blocks;
    private byte[] block = {};
    private int next;

    /** Makes one block after the other. */
    private interface Blocks {
        /** Empty at the end. */
        byte[] next() throws IOException;
    }

    private EncodedStream(InputStream source, Blocks blocks) {
        this.source = source;
        this.blocks = blocks;
    }

    static EncodedStream base64(InputStream octets) {
        return new EncodedStream(octets, () -> Base64.getEncoder().encode(octets.readNBytes(BLOCK)));
    }

    static EncodedStream text(InputStream utf8) {
        Reader reader = new InputStreamReader(utf8, StandardCharsets.UTF_8);
        char[] chars = new char[BLOCK];
        return new EncodedStream(utf8, () -> {
            int count = Math.max(0, reader.read(chars));
            StringBuilder escaped = new StringBuilder(count + 16);
            JsonText.escape(CharBuffer.wrap(chars, 0, count), escaped);
            return escaped.toString().getBytes(StandardCharsets.US_ASCII);
        });
    }

    @Override
    public int read() throws IOException {
        return isAtEnd() ? -1 : block[next++];
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, to.length);
        if (length == 0) {
            return 0;
        }
        if (isAtEnd()) {
            return -1;
        }
        int count = Math.min(length, block.length - next);
        System.arraycopy(block, next, to, offset, count);
        next += count;
        return count;
    }

    private boolean isAtEnd() throws IOException {
        if (next == block.length) {
            block = blocks.next();
            next = 0;
        }
        return block.length == 0;
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
