package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.protocol.Reply;
import java.util.Arrays;
import java.util.Optional;

/**
 * Joins small pieces of content that is all here, so that the header section, the body and the end of data of a small
 * message leave in one write. Large pieces go on as they are.
 */
final class JoiningWriter implements MessageWriter {

    private static final int MOST = 8 * 1024;

    private final MessageWriter writer;
    private byte[] joined = new byte[0];
    private int size;

    JoiningWriter(MessageWriter writer) {
        this.writer = writer;
    }

    @Override
    public Optional<PendingAnswer> begin() {
        return writer.begin();
    }

    @Override
    public void expect(long octets, boolean last) {
        flush();
        writer.expect(octets, last);
    }

    @Override
    public void hold(byte[] content) {
        flush();
        writer.hold(content);
    }

    @Override
    public void write(byte[] bytes, int from, int to) {
        if (!join(bytes, from, to)) {
            flush();
            writer.write(bytes, from, to);
        }
    }

    /** Writes what is joined so far. */
    void flush() {
        if (size > 0) {
            int length = size;
            size = 0;
            writer.write(joined, 0, length);
        }
    }

    /** False where it is too large, even alone. */
    private boolean join(byte[] bytes, int from, int to) {
        int length = to - from;
        if (size + length > MOST) {
            flush();
        }
        if (length > MOST) {
            return false;
        }
        if (size + length > joined.length) {
            joined = Arrays.copyOf(joined, Math.min(MOST, Math.max(2 * joined.length, size + length)));
        }
        System.arraycopy(bytes, from, joined, size, length);
        size += length;
        return true;
    }

    @Override
    public boolean isStuffed() {
        return writer.isStuffed();
    }

    @Override
    public Optional<Reply> refusal() {
        return writer.refusal();
    }

    @Override
    public Reply endPart() {
        flush();
        return writer.endPart();
    }

    @Override
    public Reply commit(Block last) {
        if (!join(last.bytes(), last.from(), last.end())) {
            return writer.commit(last);
        }
        int framing = last.end() - last.to();
        return writer.commit(new Block(joined, 0, size - framing, size));
    }

    @Override
    public void close() {
        writer.close();
    }
}
