package io.github.smtpproxy.internal.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** Octets to be written in one write. The array grows with them, and is made small again after a large write. */
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
     * Adds a line and CRLF, one octet for each char. This is the last guard against injected commands and replies.
     *
     * @throws IllegalArgumentException if the line contains CR, LF, NUL or a char beyond an octet
     */
    @SuppressWarnings("deprecation") // the fastest copy of one octet for each char
    void addLine(String line) {
        int length = line.length();
        for (int i = 0; i < length; i++) {
            char c = line.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                throw new IllegalArgumentException("a line must not contain CR, LF, NUL or a char over 255");
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

    /** Writes all octets in one write. The queue is empty afterwards, even if the write failed. */
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
