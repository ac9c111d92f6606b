package io.github.smtpproxy.internal.wire;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/** Transparency of RFC 5321 §4.5.2: a dot that begins a line is doubled on the wire. A line begins behind CRLF only. */
public final class DotStuffing {

    private DotStuffing() {}

    /** Takes a body and writes it as it goes over the wire. */
    public static final class Stuffer extends FilterOutputStream {
        private final boolean asTheyAre;
        private boolean lineStart;
        private int returns;

        /** Line ends that are not CRLF become CRLF. */
        public Stuffer(OutputStream out) {
            this(out, false, true);
        }

        /**
         * @param asTheyAre line ends that are not CRLF stay as they are
         * @param lineStart whether CRLF came before
         */
        public Stuffer(OutputStream out, boolean asTheyAre, boolean lineStart) {
            super(out);
            this.asTheyAre = asTheyAre;
            this.lineStart = lineStart;
        }

        @Override
        public void write(int octet) throws IOException {
            byte c = (byte) octet;
            if (c == '\r') {
                returns++;
            } else if (c == '\n' && !asTheyAre) {
                // however many CR came before it
                returns = 0;
                endLine();
            } else {
                boolean crlf = c == '\n' && returns > 0;
                writeReturns();
                if (lineStart && c == '.') {
                    out.write('.');
                }
                out.write(c);
                lineStart = crlf;
            }
        }

        private void writeReturns() throws IOException {
            for (; returns > 0; returns--) {
                if (asTheyAre) {
                    out.write('\r');
                    lineStart = false;
                } else {
                    endLine();
                }
            }
        }

        private void endLine() throws IOException {
            out.write('\r');
            out.write('\n');
            lineStart = true;
        }

        /** Ends the last line, where it has no end. */
        public void finish() throws IOException {
            boolean half = returns > 0;
            returns -= half ? 1 : 0;
            writeReturns();
            if (half || !lineStart) {
                endLine();
            }
            out.flush();
        }
    }

    /** Reads what went over the wire and gives the body. */
    public static final class Unstuffer extends BlockInputStream {
        private static final int BLOCK = 8 * 1024;

        private final InputStream in;
        private byte[] block = new byte[0];
        private int position;
        private int limit;
        private boolean lineStart;
        private int last;

        public Unstuffer(InputStream in) {
            this(in, true);
        }

        /** @param lineStart whether CRLF came before */
        public Unstuffer(InputStream in, boolean lineStart) {
            this.in = in;
            this.lineStart = lineStart;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = 0;
            while (n == 0 && length > 0) {
                if (position == limit && !fill()) {
                    return -1;
                }
                n = copy(target, offset, length);
            }
            return n;
        }

        private int copy(byte[] target, int offset, int length) {
            int n = 0;
            while (n < length && position < limit) {
                byte c = block[position++];
                if (!lineStart || c != '.') {
                    target[offset + n++] = c;
                    lineStart = last == '\r' && c == '\n';
                    last = c;
                } else {
                    // the first dot of a line; what follows does not begin it
                    lineStart = false;
                    last = c;
                }
            }
            return n;
        }

        private boolean fill() throws IOException {
            if (block.length == 0) {
                block = new byte[BLOCK];
            }
            position = 0;
            limit = Math.max(0, in.read(block, 0, block.length));
            return limit > 0;
        }

        @Override
        public int available() throws IOException {
            // one octet at most of what is here is a dot too many where it is one only
            return Math.max(0, limit - position - 1);
        }

        @Override
        public void close() throws IOException {
            block = new byte[0];
            position = 0;
            limit = 0;
            in.close();
        }
    }

    /** What these octets of the wire say. */
    public static byte[] unstuffed(byte[] wire, int from, int to) {
        byte[] octets = new byte[to - from];
        int n = 0;
        for (int i = from; i < to; i++) {
            boolean begins =
                    wire[i] == '.' && (i == from || i - from >= 2 && wire[i - 1] == '\n' && wire[i - 2] == '\r');
            if (!begins) {
                octets[n++] = wire[i];
            }
        }
        return n == octets.length ? octets : Arrays.copyOf(octets, n);
    }
}
