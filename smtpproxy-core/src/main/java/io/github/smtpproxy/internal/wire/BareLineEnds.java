package io.github.smtpproxy.internal.wire;

/** Finds a bare CR or LF in a text that comes block by block. Used by one thread. */
public final class BareLineEnds {

    private boolean afterCr;

    /** Whether the next octets contain a bare CR or LF. A CR at their end is judged with the octet that follows. */
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

    /** Whether the last octet was a CR: it is bare if the text ends here. */
    public boolean endsInCr() {
        return afterCr;
    }
}
