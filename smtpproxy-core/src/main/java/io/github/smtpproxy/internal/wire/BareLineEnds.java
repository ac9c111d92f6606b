package io.github.smtpproxy.internal.wire;

/** Finds a CR or LF that stands alone in a text that comes block by block. Used by one thread. */
public final class BareLineEnds {

    private boolean afterCr;

    /** Looks at what comes next; whether a CR or LF stands alone in it, as far as that can be said by now. */
    public boolean in(byte[] block, int from, int to) {
        int i = from;
        if (afterCr && i < to) {
            if (block[i] != '\n') {
                return true;
            }
            afterCr = false;
            i++;
        }
        for (i = DataScanner.lineEnd(block, i, to); i < to; i = DataScanner.lineEnd(block, i + 2, to)) {
            afterCr = i + 1 == to;
            if (block[i] == '\n' || !afterCr && block[i + 1] != '\n') {
                return true;
            }
            if (afterCr) {
                return false;
            }
        }
        return false;
    }

    /** Whether a CR came last: it stands alone if no more comes. */
    public boolean endsInCr() {
        return afterCr;
    }
}
