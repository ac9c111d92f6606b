package io.github.smtpproxy.internal.message;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.BooleanSupplier;

/** Reads streams of foreign code, which may return any number. */
final class Copy {

    private static final int BLOCK = 8 * 1024;

    /** Where octets go. */
    interface Sink {
        void octets(byte[] bytes, int from, int to) throws IOException;
    }

    private Copy() {}

    /** @param goOn asked before each block */
    static void all(InputStream in, Sink to, BooleanSupplier goOn) throws IOException {
        byte[] block = new byte[BLOCK];
        int n = next(in, block);
        while (n > 0 && goOn.getAsBoolean()) {
            to.octets(block, 0, n);
            n = next(in, block);
        }
    }

    /** Octets that were read; below 0 at the end. */
    static int next(InputStream in, byte[] block) throws IOException {
        int n = in.read(block, 0, block.length);
        if (n > block.length || n < -1) {
            throw new IOException("a stream returned " + n + " for " + block.length + " octets");
        }
        if (n != 0) {
            return n;
        }
        // a read of nothing should have waited; this one must
        int octet = in.read();
        block[0] = (byte) octet;
        return octet < 0 ? -1 : 1;
    }
}
