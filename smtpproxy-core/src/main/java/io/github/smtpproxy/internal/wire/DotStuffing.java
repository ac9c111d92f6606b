package io.github.smtpproxy.internal.wire;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Transparency of RFC 5321 §4.5.2: a dot that begins a line is doubled on the wire. */
public final class DotStuffing {

    private DotStuffing() {}

    /** Takes a body and writes it as it goes over the wire; line ends that are not CRLF become CRLF. */
    public static final class Stuffer extends FilterOutputStream {
        private boolean lineStart = true;
        private int last = '\n';

        public Stuffer(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int octet) throws IOException {
            int c = octet & 0xFF;
            if (c == '\n' && last != '\r' || last == '\r' && c != '\n') {
                out.write(c == '\n' ? '\r' : '\n');
                lineStart = c != '\n';
            }
            if (lineStart && c == '.') {
                out.write('.');
            }
            out.write(c);
            lineStart = c == '\n';
            last = c;
        }

        /** Ends the last line, where it has no end. */
        public void finish() throws IOException {
            if (last == '\r') {
                out.write('\n');
            } else if (!lineStart) {
                out.write('\r');
                out.write('\n');
            }
            out.flush();
        }
    }

    /** Reads what went over the wire and gives the body. */
    public static final class Unstuffer extends FilterInputStream {
        private boolean lineStart = true;
        private int last;

        public Unstuffer(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int c = in.read();
            if (lineStart && c == '.') {
                c = in.read();
            }
            lineStart = last == '\r' && c == '\n';
            last = c;
            return c;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = 0;
            while (n < length) {
                int c = read();
                if (c < 0) {
                    return n == 0 ? -1 : n;
                }
                target[offset + n++] = (byte) c;
            }
            return n;
        }
    }
}
