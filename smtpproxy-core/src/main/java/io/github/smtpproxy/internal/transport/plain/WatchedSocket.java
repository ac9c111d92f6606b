package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.wire.BlockInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;

/**
 * A socket of the JDK whose deadline a {@link Watchdog} keeps. A read that the watchdog has ended throws {@link
 * SocketTimeoutException} in place of returning the end: TLS takes a timeout for a pause, but the end without close_notify
 * for an attack (RFC 8446 §6.1), after which it would not write a last reply.
 *
 * <p>The JDK closes the socket of a virtual thread that is interrupted when it waits. A filter may have left that interrupt
 * behind, so it is cleared for the time of the wait and set again afterwards.
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
                    throw new SocketTimeoutException("nothing was received in time");
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
