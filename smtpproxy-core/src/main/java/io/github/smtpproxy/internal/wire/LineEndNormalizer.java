package io.github.smtpproxy.internal.wire;

import java.io.ByteArrayOutputStream;

/**
 * Replaces every bare CR and bare LF with CRLF in a text that comes block by block. Several CR before one LF are one line
 * end. Used by one thread.
 */
public final class LineEndNormalizer {

    private final boolean stuffed;
    private int returns;
    private boolean stuffNext;
    private long column;
    private byte lastColumn;

    /**
     * @param stuffed whether the text is dot-stuffed (RFC 5321 §4.5.2). Then a dot is doubled where a replaced line end makes
     *     it the first of a line or the only octet of one; otherwise the result could contain an end of data that the client
     *     never sent
     */
    public LineEndNormalizer(boolean stuffed) {
        this.stuffed = stuffed;
    }

    /** Normalizes the next octets. A CR at their end is kept back until it is known what follows. */
    public byte[] normalize(byte[] block, int from, int to) {
        ByteArrayOutputStream normal = new ByteArrayOutputStream(to - from + 64);
        for (int i = from; i < to; i++) {
            byte c = block[i];
            if (c == '\r') {
                returns++;
            } else if (c == '\n') {
                endLine(normal, returns == 0);
                returns = 0;
            } else {
                endPendingLines(normal);
                addDot(normal, c == '.' && stuffNext);
                stuffNext = false;
                normal.write(c);
                column++;
                lastColumn = c;
            }
        }
        return normal.toByteArray();
    }

    /** The rest of the text, after the last block. */
    public byte[] finish() {
        ByteArrayOutputStream normal = new ByteArrayOutputStream();
        endPendingLines(normal);
        return normal.toByteArray();
    }

    private void endPendingLines(ByteArrayOutputStream normal) {
        for (; returns > 0; returns--) {
            endLine(normal, true);
        }
    }

    private void endLine(ByteArrayOutputStream normal, boolean replaced) {
        addDot(normal, column == 1 && lastColumn == '.');
        normal.write('\r');
        normal.write('\n');
        column = 0;
        stuffNext = replaced;
    }

    private void addDot(ByteArrayOutputStream normal, boolean needed) {
        if (stuffed && needed) {
            normal.write('.');
            column++;
        }
    }
}
