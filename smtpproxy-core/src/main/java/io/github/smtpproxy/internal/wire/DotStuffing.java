package io.github.smtpproxy.internal.wire;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** Dot-stuffing (RFC 5321 §4.5.2): a dot at the start of a line is doubled on the wire. A line starts after CRLF only. */
public final class DotStuffing {

    private DotStuffing() {}

    /** Writes a body in its form on the wire. */
    public static final class Stuffer extends FilterOutputStream {
        private final boolean keepLineEnds;
        private boolean lineStart;
        private int returns;

        /** A stuffer that replaces bare CR and LF with CRLF. */
        public Stuffer(OutputStream out) {
            this(out, false, true);
        }

        /**
         * @param keepLineEnds whether bare CR and LF stay as they are
         * @param lineStart whether the body starts a line
         */
        public Stuffer(OutputStream out, boolean keepLineEnds, boolean lineStart) {
            super(out);
            this.keepLineEnds = keepLineEnds;
            this.lineStart = lineStart;
        }

        @Override
        public void write(int octet) throws IOException {
            byte c = (byte) octet;
            if (c == '\r') {
                returns++;
            } else if (c == '\n' && !keepLineEnds) {
                // several CR before a LF are one line end
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

        /** Within a line all goes on as it is, in one piece. */
        @Override
        public void write(byte[] octets, int from, int length) throws IOException {
            int to = from + length;
            int i = from;
            while (i < to) {
                write(octets[i++]);
                int text = i;
                while (text < to && !lineStart && returns == 0 && octets[text] != '\r' && octets[text] != '\n') {
                    text++;
                }
                out.write(octets, i, text - i);
                i = text;
            }
        }

        private void writeReturns() throws IOException {
            for (; returns > 0; returns--) {
                if (keepLineEnds) {
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

        /** Ends the last line with CRLF if it is not ended. */
        public void finish() throws IOException {
            boolean halfEnded = returns > 0;
            returns -= halfEnded ? 1 : 0;
            writeReturns();
            if (halfEnded || !lineStart) {
                endLine();
            }
            out.flush();
        }
    }

    /** Reads a body from its form on the wire. */
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

        /** @param lineStart whether the input starts a line */
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
                    // a stuffed dot; the octet after it does not start the line
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
            // at least this many are left: if there is one octet only, it may be a stuffed dot
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

    /** Whole lines in their form on the wire. */
    public static byte[] stuffed(byte[] lines, boolean keepLineEnds) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream(lines.length + 16);
        try (Stuffer stuffer = new Stuffer(wire, keepLineEnds, true)) {
            stuffer.write(lines);
            stuffer.writeReturns();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return wire.toByteArray();
    }

    /** The octets without stuffed dots. They start a line. */
    public static byte[] unstuffed(byte[] wire, int from, int to) {
        byte[] octets = new byte[to - from];
        int n = 0;
        for (int i = from; i < to; i++) {
            boolean stuffed =
                    wire[i] == '.' && (i == from || i - from >= 2 && wire[i - 1] == '\n' && wire[i - 2] == '\r');
            if (!stuffed) {
                octets[n++] = wire[i];
            }
        }
        return n == octets.length ? octets : Arrays.copyOf(octets, n);
    }
}
