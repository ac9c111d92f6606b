package io.github.smtpproxy.internal.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** Octets that are to leave in one write. Grows with what is put in, and is small again once it has left. */
final class WriteQueue {

    private static final int SMALL = 128;
    private static final int KEPT = 4 * 1024;

    private byte[] octets = new byte[SMALL];
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /**
     * A line and its end, one octet for each char.
     *
     * @throws IllegalArgumentException where it would be more than one line, or has a char that is no octet: whatever was
     *     forgotten to check before, it does not get onto the wire
     */
    @SuppressWarnings("deprecation") // the one copy that keeps octets as they are
    void addLine(String line) {
        int length = line.length();
        for (int i = 0; i < length; i++) {
            char c = line.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                throw new IllegalArgumentException("a line has no CR, LF or NUL and nothing beyond an octet");
            }
        }
        reserve(length + 2);
        line.getBytes(0, length, octets, size);
        octets[size + length] = '\r';
        octets[size + length + 1] = '\n';
        size += length + 2;
    }

    void add(byte[] bytes, int from, int to) {
        reserve(to - from);
        System.arraycopy(bytes, from, octets, size, to - from);
        size += to - from;
    }

    /** Writes it all, in one write. It is empty then, also if that failed. */
    void writeTo(OutputStream out) throws IOException {
        int length = size;
        size = 0;
        out.write(octets, 0, length);
        if (octets.length > KEPT) {
            octets = new byte[SMALL];
        }
    }

    private void reserve(int more) {
        if (size + more > octets.length) {
            octets = Arrays.copyOf(octets, Math.max(octets.length * 2, size + more));
        }
    }
}
