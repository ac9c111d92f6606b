package io.github.smtpproxy.bench;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** A socket without a network: its input says the same over and over, one repetition a read; its output is dropped. */
final class RepeatingSocket extends Socket {

    private final byte[] said;

    RepeatingSocket(byte[] said) {
        this.said = said.clone();
    }

    @Override
    public InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() {
                throw new UnsupportedOperationException("octet by octet is never how a block is read");
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (length < said.length) {
                    throw new IllegalStateException("room for " + length + " octets, not for " + said.length);
                }
                System.arraycopy(said, 0, target, offset, said.length);
                return said.length;
            }
        };
    }

    @Override
    public OutputStream getOutputStream() {
        return OutputStream.nullOutputStream();
    }
}
