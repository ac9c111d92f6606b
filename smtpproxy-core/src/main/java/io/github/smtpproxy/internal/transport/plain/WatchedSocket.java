package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.wire.BlockInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;

/**
 * A socket of the JDK with a deadline kept by a {@link Watchdog}. A read that the watchdog ended says that it timed out,
 * not that the other side is gone: TLS above it takes the one for a pause and the other for an attack, after which it
 * would not write a last reply any more.
 *
 * <p>The JDK closes the socket of a virtual thread that is interrupted before it waits. Who left the interrupt behind may
 * be a filter that relays still: it is put aside for as long.
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
    public OutputStream getOutputStream() throws IOException {
        return new Output(super.getOutputStream());
    }

    @Override
    public void connect(SocketAddress to, int timeout) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            super.connect(to, timeout);
        } finally {
            restore(interrupted);
        }
    }

    @Override
    public void close() throws IOException {
        deadline.close();
        super.close();
    }

    private static void restore(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Output extends OutputStream {

        private final OutputStream out;

        Output(OutputStream out) {
            this.out = out;
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

    private final class Input extends BlockInputStream {

        private final InputStream in;

        Input(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            boolean interrupted = Thread.interrupted();
            try {
                int n = in.read(target, offset, length);
                if (n < 0 && deadline.expired()) {
                    throw new SocketTimeoutException("nothing came in time");
                }
                return n;
            } finally {
                restore(interrupted);
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
}
