package io.github.smtpproxy.internal.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Octets that were received and not consumed yet: those from {@link #position} up to {@link #limit}. A call that fills
 * the buffer may move them to other indexes.
 *
 * <p>Most sessions wait for a short line, so the array starts small and grows in steps, each after a read has filled it:
 * for lines 256, 1,024, then double the size; for content 4 KiB, then 64 KiB. The 64 KiB are taken from the memory budget;
 * if it is exhausted, content is read in blocks of 4 KiB. {@link #shrink} makes the array small again after content.
 *
 * <p>Used by the session's thread.
 */
final class ReadBuffer {

    /** The size of a block of content, in octets. */
    static final int BLOCK = 64 * 1024;

    private static final int INITIAL = 256;
    private static final int LINES = 1024;
    private static final int SMALL_BLOCK = 4 * 1024;

    private final Budget.Share budget;
    private byte[] octets = new byte[INITIAL];
    private int position;
    private int limit;
    /** Whether the last octet that {@link #discardLine} discarded is a CR: the LF may come with the next read. */
    private boolean discardedCr;

    ReadBuffer(Budget.Share budget) {
        this.budget = budget;
    }

    byte[] octets() {
        return octets;
    }

    /** The index of the first octet that was not consumed. */
    int position() {
        return position;
    }

    /** The index after the last octet that was received. */
    int limit() {
        return limit;
    }

    int size() {
        return limit - position;
    }

    /** Consumes the octets before this index. */
    void consume(int newPosition) {
        position = newPosition;
    }

    /** Consumes and returns all octets. */
    byte[] takeAll() {
        byte[] all = Arrays.copyOfRange(octets, position, limit);
        position = limit;
        return all;
    }

    boolean hasLine() {
        return lineFeed(position) >= 0;
    }

    /** The index of the first LF at or after this index, or -1. */
    int lineFeed(int from) {
        for (int i = from; i < limit; i++) {
            if (octets[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    /**
     * Consumes octets up to the next line end, or all if there is none. To be called again after the next read then.
     *
     * @param crlfOnly whether a LF without a CR before it does not end the line
     * @return whether the line end was found
     */
    boolean discardLine(boolean crlfOnly) {
        while (position < limit) {
            byte octet = octets[position++];
            boolean end = octet == '\n' && (discardedCr || !crlfOnly);
            discardedCr = octet == '\r';
            if (end) {
                return true;
            }
        }
        return false;
    }

    /** What a TLS client has sent so far. */
    ClientHello clientHello() {
        return ClientHello.of(octets, position, limit);
    }

    /** Waits for more octets of a line. */
    void fillLine(InputStream in) throws IOException {
        fill(in, limit < octets.length ? octets.length : LINES);
    }

    /** Waits for more octets of content. */
    void fillBlock(InputStream in) throws IOException {
        fill(in, blockCapacity());
    }

    private int blockCapacity() {
        if (octets.length < SMALL_BLOCK) {
            return SMALL_BLOCK;
        }
        boolean wasFilled = limit == octets.length || octets.length > SMALL_BLOCK;
        boolean large = wasFilled && (octets.length >= BLOCK || budget.take(BLOCK));
        return large ? BLOCK : octets.length;
    }

    private void fill(InputStream in, int capacity) throws IOException {
        makeRoom(capacity);
        int n = in.read(octets, limit, octets.length - limit);
        if (n < 0) {
            throw new EOFException("the other side closed the connection");
        }
        limit += n;
    }

    /** Moves the octets to the start of the array where that makes room, and replaces the array where it is too small. */
    private void makeRoom(int capacity) {
        if (position == limit) {
            position = 0;
            limit = 0;
        } else if (position > 0 && (limit == octets.length || capacity > octets.length)) {
            System.arraycopy(octets, position, octets, 0, limit - position);
            limit -= position;
            position = 0;
        }
        boolean full = limit == octets.length;
        if (full || capacity > octets.length) {
            octets = Arrays.copyOf(octets, Math.max(capacity, full ? octets.length * 2 : 0));
        }
    }

    /** Makes the array small again, unless it holds more than a line: many sessions wait between messages. */
    void shrink() {
        int held = size();
        if (octets.length > LINES && held <= LINES) {
            octets = Arrays.copyOfRange(octets, position, position + (held < INITIAL ? INITIAL : LINES));
            limit = held;
            position = 0;
            budget.close();
        }
    }

    /** Drops the octets and gives the memory back. Nothing is read afterwards. */
    void release() {
        octets = new byte[0];
        position = 0;
        limit = 0;
        budget.close();
    }

    /** The octets between the indexes, one char for each. */
    String text(int from, int to) {
        return new String(octets, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** The text from the position to the LF at this index, without the line end. */
    String line(int lineFeed) {
        return text(position, endsInCrlf(lineFeed) ? lineFeed - 1 : lineFeed);
    }

    boolean endsInCrlf(int lineFeed) {
        return lineFeed > position && octets[lineFeed - 1] == '\r';
    }
}
