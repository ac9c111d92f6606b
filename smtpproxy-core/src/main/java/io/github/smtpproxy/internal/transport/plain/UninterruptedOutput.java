package io.github.smtpproxy.internal.transport.plain;

import java.io.IOException;
import java.io.OutputStream;

/** The output of a socket, which no interrupt that was there before ends; see {@link WatchedSocket}. */
final class UninterruptedOutput extends OutputStream {

    private final OutputStream out;

    UninterruptedOutput(OutputStream out) {
        this.out = out;
    }

    static void restore(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] octets, int offset, int length) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            out.write(octets, offset, length);
        } finally {
            restore(interrupted);
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
