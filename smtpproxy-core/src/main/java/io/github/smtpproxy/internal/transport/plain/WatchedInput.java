package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.wire.BlockInputStream;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;

/** The input of a socket: its end by the watchdog is a timeout; see {@link WatchedSocket}. */
final class WatchedInput extends BlockInputStream {

    private final InputStream in;
    private final Deadline deadline;

    WatchedInput(InputStream in, Deadline deadline) {
        this.in = in;
        this.deadline = deadline;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            int n = in.read(target, offset, length);
            if (n < 0 && deadline.expired()) {
                throw new SocketTimeoutException("nothing was received in time");
            }
            return n;
        } finally {
            UninterruptedOutput.restore(interrupted);
        }
    }

    @Override
    public int available() throws IOException {
        return in.available();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
