package io.github.smtpproxy.internal.wire;

import java.io.IOException;
import java.io.InputStream;

/** An input stream that implements reading of blocks only; a single octet is read as a block of one. */
public abstract class BlockInputStream extends InputStream {

    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public abstract int read(byte[] target, int offset, int length) throws IOException;
}
