package io.github.smtpproxy.internal.wire;

import java.io.ByteArrayOutputStream;

/**
 * Makes CRLF of every line end in a text that comes block by block: of each CR or LF that stands alone, and of a run of
 * CR before LF, which is one. Used by one thread.
 */
public final class LineEndNormalizer {

    private final boolean stuffed;
    private int returns;
    private boolean stuffNext;
    private long column;
    private byte lastColumn;

    /**
     * @param stuffed whether dots that begin a line are doubled. Where a line end would make an end of data that the
     *     client never sent, a dot is: one that comes to begin a line, or one that comes to be alone on its line
     */
    public LineEndNormalizer(boolean stuffed) {
        this.stuffed = stuffed;
    }

    /** What is said for these octets. A CR at their end waits for what comes next. */
    public byte[] normalize(byte[] block, int from, int to) {
        ByteArrayOutputStream normal = new ByteArrayOutputStream(to - from + 64);
        for (int i = from; i < to; i++) {
            byte c = block[i];
            if (c == '\r') {
                returns++;
            } else if (c == '\n') {
                end(normal, returns == 0);
                returns = 0;
            } else {
                endEach(normal);
                dot(normal, c == '.' && stuffNext);
                stuffNext = false;
                normal.write(c);
                column++;
                lastColumn = c;
            }
        }
        return normal.toByteArray();
    }

    /** What is said when no more comes. */
    public byte[] finish() {
        ByteArrayOutputStream normal = new ByteArrayOutputStream();
        endEach(normal);
        return normal.toByteArray();
    }

    private void endEach(ByteArrayOutputStream normal) {
        for (; returns > 0; returns--) {
            end(normal, true);
        }
    }

    private void end(ByteArrayOutputStream normal, boolean lone) {
        dot(normal, column == 1 && lastColumn == '.');
        normal.write('\r');
        normal.write('\n');
        column = 0;
        stuffNext = lone;
    }

    private void dot(ByteArrayOutputStream normal, boolean needed) {
        if (stuffed && needed) {
            normal.write('.');
            column++;
        }
    }
}
