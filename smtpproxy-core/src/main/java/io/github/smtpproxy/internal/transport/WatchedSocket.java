package io.github.smtpproxy.internal.transport;

import io.github.smtpproxy.internal.wire.BlockInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;

/**
 * A socket of the JDK with a deadline kept by a {@link Watchdog}. A read that the watchdog ended says that it timed out,
 * not that the other side is gone: TLS above it takes the one for a pause and the other for an attack, after which it
 * would not write a last reply any more.
 */
final class WatchedSocket extends Socket {

    private final Watchdog.Watched deadline;

    WatchedSocket(Watchdog watchdog) {
        this.deadline = watchdog.watch(this);
    }

    Watchdog.Watched deadline() {
        return deadline;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new Input(super.getInputStream());
    }

    @Override
    public void close() throws IOException {
        deadline.close();
        super.close();
    }

    private final class Input extends BlockInputStream {

        private final InputStream in;

        Input(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = in.read(target, offset, length);
            if (n < 0 && deadline.expired()) {
                throw new SocketTimeoutException("nothing came in time");
            }
            return n;
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
}
