package io.github.smtpproxy.internal.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds the end of data and bare CR or LF in blocks of a DATA command's text. The end is CRLF.CRLF and nothing else
 * (RFC 5321 §4.1.1.4). Octets at the end of a block that may be the start of the end of data, or a CR whose LF may follow,
 * are not content yet: {@link #next} stays before them, and the next block must start with them. Used by one thread.
 */
public final class DataScanner {

    /** Little-endian, so that the lowest set bit belongs to the first octet that matched. */
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long EACH = 0x0101_0101_0101_0101L;

    private boolean lineStart = true;
    private boolean bare;
    private boolean done;
    private int contentEnd;
    private int next;
    private long dots;

    /** Scans the octets in [from, to), which start with those from {@link #next} on of the block before. */
    public void scan(byte[] block, int from, int to) {
        int i = from;
        while (i < to) {
            if (lineStart && block[i] == '.') {
                if (endOfData(block, i, to)) {
                    return;
                }
                dots++;
            }
            int eol = lineEnd(block, i, to);
            if (eol > i) {
                lineStart = false;
            }
            if (eol == to) {
                break;
            }
            if (block[eol] == '\r' && eol + 1 == to) {
                stop(eol, eol);
                return;
            }
            lineStart = block[eol] == '\r' && block[eol + 1] == '\n';
            bare |= !lineStart;
            i = lineStart ? eol + 2 : eol + 1;
        }
        stop(to, to);
    }

    /** Whether the end of data was found. */
    public boolean done() {
        return done;
    }

    /** Whether a bare CR or LF was found so far. */
    public boolean bare() {
        return bare;
    }

    /** The number of stuffed dots so far, which do not count towards the size of the message (RFC 1870 §5). */
    public long dots() {
        return dots;
    }

    /** The index after the last octet of content in the block. */
    public int contentEnd() {
        return contentEnd;
    }

    /** The index after the last octet that was scanned for good. */
    public int next() {
        return next;
    }

    /** The index of the next CR or LF, or {@code to}. Tests eight octets at a time, because most have neither. */
    static int lineEnd(byte[] block, int from, int to) {
        int i = from;
        while (i + Long.BYTES <= to) {
            long eight = (long) EIGHT.get(block, i);
            // Sets the top bit of each octet below 14: CR, LF, TAB and rare ones. Only the lowest bit that is set is
            // reliable, because the subtraction borrows from the octets above it.
            long low = (eight - EACH * ('\r' + 1)) & ~eight & EACH * 0x80;
            if (low == 0) {
                i += Long.BYTES;
            } else {
                i += Long.numberOfTrailingZeros(low) / Byte.SIZE;
                if (isLineEnd(block[i])) {
                    return i;
                }
                i++;
            }
        }
        while (i < to && !isLineEnd(block[i])) {
            i++;
        }
        return i;
    }

    private static boolean isLineEnd(byte octet) {
        return octet == '\r' || octet == '\n';
    }

    private boolean endOfData(byte[] block, int dot, int to) {
        if (dot + 1 < to && block[dot + 1] != '\r' || dot + 2 < to && block[dot + 2] != '\n') {
            return false;
        }
        done = dot + 2 < to;
        stop(dot, done ? dot + 3 : dot);
        return true;
    }

    private void stop(int contentEnd, int next) {
        this.contentEnd = contentEnd;
        this.next = next;
    }
}
