package io.github.smtpproxy.filters.dkim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The canonical form of a body that comes block by block (RFC 6376 §3.4.3 and §3.4.4). Most of a body stays as it is, and
 * goes to the digest in long pieces, straight from the block. What may be dropped at the end of a line or of the body, white
 * space and empty lines, is counted, not kept. Used by one thread.
 */
final class CanonicalBody {

    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH = 0x8080_8080_8080_8080L;
    private static final long LOW = ~HIGH;
    /** Added to an octet below 0x80, it sets the high bit of all that are not below 0x20, or not below 0x21. */
    private static final long FROM_SPACE = 0x6060_6060_6060_6060L;

    private static final long ABOVE_SPACE = 0x5F5F_5F5F_5F5F_5F5FL;
    private static final byte[] OCTETS = {' ', '\r', '\n'};

    private final boolean relaxed;
    private final BodyDigest digest;
    private long lines;
    private boolean space;
    private boolean cr;
    private boolean bare;

    CanonicalBody(Canonicalization kind, BodyDigest digest) {
        this.relaxed = kind == Canonicalization.RELAXED;
        this.digest = digest;
    }

    void update(byte[] in, int from, int to) {
        int i = from;
        while (i < to) {
            i = gap(in, i, to);
            if (i < to) {
                int end = relaxed ? unchanged(in, i, to) : lastLineEnds(in, i, to);
                digest.update(in, i, end);
                i = end;
            }
        }
    }

    /** The body has ended. A last line that is not ended is ended (§3.4.4), as DATA ends it, too. */
    void finish() {
        if (cr) {
            bareReturn();
        }
        if (!relaxed || digest.octets() > 0) {
            lineEnd();
        }
    }

    /** Whether there was a CR without LF or a LF without CR, which RFC 6376 §5.3 does not let a signer sign. */
    boolean isBare() {
        return bare;
    }

    /** Line ends and, where it is relaxed, white space; gives the index of the text behind them. */
    private int gap(byte[] in, int from, int to) {
        for (int i = from; i < to; i++) {
            byte c = in[i];
            boolean isLineEnd = cr && c == '\n';
            if (cr && !isLineEnd) {
                bareReturn();
            }
            if (c == '\r') {
                cr = true;
            } else if (isLineEnd) {
                cr = false;
                space = false;
                lines++;
            } else if (relaxed && HeaderFields.isSpace(c)) {
                space = true;
            } else {
                flush();
                if (c != '\n') {
                    return i;
                }
                bare = true;
                digest.update(OCTETS, 2, 3);
            }
        }
        return to;
    }

    private void bareReturn() {
        flush();
        bare = true;
        cr = false;
        digest.update(OCTETS, 1, 2);
    }

    /** What stands before text counts. */
    private void flush() {
        for (; lines > 0; lines--) {
            lineEnd();
        }
        if (space) {
            digest.update(OCTETS, 0, 1);
            space = false;
        }
    }

    private void lineEnd() {
        digest.update(OCTETS, 1, 3);
    }

    /** Where the line ends begin that end the block: all before them stays as it is. Text comes first. */
    private static int lastLineEnds(byte[] in, int from, int to) {
        int end = to - (in[to - 1] == '\r' ? 1 : 0);
        while (end - from >= 2 && in[end - 1] == '\n' && in[end - 2] == '\r') {
            end -= 2;
        }
        return end;
    }

    /** How far it stays as it is: text, single spaces between text, and line ends with text on both sides. Text comes first. */
    private static int unchanged(byte[] in, int from, int to) {
        int i = from;
        int next = from + 1;
        while (next > i) {
            i = text(in, next, to);
            next = i + unchangedGap(in, i, to);
        }
        return i;
    }

    /** The index of a control character, or of a space without text behind it. Tests eight octets at a time. */
    private static int text(byte[] in, int from, int to) {
        int i = from;
        while (i + Long.BYTES <= to) {
            long word = (long) EIGHT.get(in, i);
            long low = word & LOW;
            long controls = ~(low + FROM_SPACE | word) & HIGH;
            long spaces = ~(low + ABOVE_SPACE | word) & HIGH;
            if (controls != 0 || (spaces & spaces << Byte.SIZE) != 0) {
                break;
            }
            // a space at the end is looked at again with what follows it
            i += spaces < 0 ? Long.BYTES - 1 : Long.BYTES;
        }
        while (i < to && (isText(in[i]) || in[i] == ' ' && i + 1 < to && isText(in[i + 1]))) {
            i++;
        }
        return i;
    }

    /** The length of what stays as it is though no text begins here. */
    private static int unchangedGap(byte[] in, int i, int to) {
        if (i + 2 < to && in[i] == '\r' && in[i + 1] == '\n' && isText(in[i + 2])) {
            return 2;
        }
        boolean odd = i < to && in[i] >= 0 && in[i] < ' ' && in[i] != '\t' && in[i] != '\r' && in[i] != '\n';
        return odd ? 1 : 0;
    }

    private static boolean isText(byte octet) {
        return octet > ' ' || octet < 0;
    }
}
