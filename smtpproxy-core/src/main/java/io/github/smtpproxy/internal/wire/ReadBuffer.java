package io.github.smtpproxy.internal.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What was read and not dealt with yet: small for the many sessions that wait, larger where more comes at a time. */
final class ReadBuffer {

    /** Most lines are short: room for more is made only where this was filled. */
    private static final int SHORT_LINES = 256;

    private static final int LINES = 1024;
    /** Most messages are small: a whole block is made room for only where this was filled. */
    private static final int SMALL_BLOCK = 4 * 1024;

    private final Budget.Share budget;
    private byte[] octets = new byte[SHORT_LINES];
    private int position;
    private int limit;
    /** Whether what was dropped last, perhaps in an earlier read, is a CR. */
    private boolean droppedCr;

    /** @param budget what a whole block is taken from; without it content comes in small ones */
    ReadBuffer(Budget.Share budget) {
        this.budget = budget;
    }

    byte[] octets() {
        return octets;
    }

    /** Where what was not dealt with yet begins. */
    int position() {
        return position;
    }

    int limit() {
        return limit;
    }

    int size() {
        return limit - position;
    }

    /** What comes before this index has been dealt with. */
    void consume(int newPosition) {
        position = newPosition;
    }

    /** What was not dealt with yet, which leaves it empty. */
    byte[] takeAll() {
        byte[] all = Arrays.copyOfRange(octets, position, limit);
        position = limit;
        return all;
    }

    /** The index of the next LF from this index on; below 0 if there is none yet. */
    int lineFeed(int from) {
        for (int i = from; i < limit; i++) {
            if (octets[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    /**
     * Drops octets up to the end of a line, as far as it is here.
     *
     * @param crlfOnly whether a LF alone ends no line
     * @return whether the end was here
     */
    boolean drop(boolean crlfOnly) {
        while (position < limit) {
            byte octet = octets[position++];
            boolean end = octet == '\n' && (droppedCr || !crlfOnly);
            droppedCr = octet == '\r';
            if (end) {
                droppedCr = false;
                return true;
            }
        }
        return false;
    }

    /** Waits for more of a line. One that says more at a time than there was room for has more room from then on. */
    void fillLine(InputStream in) throws IOException {
        fill(in, limit < octets.length ? octets.length : LINES);
    }

    /** Waits for more of some content. */
    void fillBlock(InputStream in) throws IOException {
        boolean small = octets.length < SMALL_BLOCK;
        boolean filled = limit == octets.length || octets.length > SMALL_BLOCK;
        fill(in, small ? SMALL_BLOCK : filled && mayGrow() ? Wire.BLOCK : octets.length);
    }

    private boolean mayGrow() {
        return octets.length >= Wire.BLOCK || budget.take(Wire.BLOCK);
    }

    private void fill(InputStream in, int size) throws IOException {
        if (position == limit) {
            position = 0;
            limit = 0;
        } else if (position > 0 && (limit == octets.length || size > octets.length)) {
            System.arraycopy(octets, position, octets, 0, limit - position);
            limit -= position;
            position = 0;
        }
        if (limit == octets.length || size > octets.length) {
            octets = Arrays.copyOf(octets, Math.max(size, limit == octets.length ? octets.length * 2 : 0));
        }
        int n = in.read(octets, limit, octets.length - limit);
        if (n < 0) {
            throw new EOFException("the other side closed the connection");
        }
        limit += n;
    }

    /** Back to a small one after content, for the many sessions that wait. */
    void shrink() {
        int held = size();
        if (octets.length > LINES && held <= LINES) {
            octets = Arrays.copyOfRange(octets, position, position + (held < SHORT_LINES ? SHORT_LINES : LINES));
            limit = held;
            position = 0;
            budget.close();
        }
    }

    /** Nothing more is read. */
    void forget() {
        octets = new byte[0];
        position = 0;
        limit = 0;
        budget.close();
    }

    /** One char for each octet. */
    String text(int from, int to) {
        return new String(octets, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** The text of a line from the position on, without its line end. */
    String line(int lineFeed) {
        return text(position, endsInCrlf(lineFeed) ? lineFeed - 1 : lineFeed);
    }

    boolean endsInCrlf(int lineFeed) {
        return lineFeed > position && octets[lineFeed - 1] == '\r';
    }
}
