package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.wire.Deadline;
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
final class WatchedSocket extends Socket implements Watched {

    private final Watchdog.Watched deadline;

    WatchedSocket(Watchdog watchdog) {
        this.deadline = watchdog.watch(this);
    }

    @Override
    public Deadline deadline() {
        return deadline;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new WatchedInput(super.getInputStream(), deadline);
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new UninterruptedOutput(super.getOutputStream());
    }

    @Override
    public void connect(SocketAddress to, int timeout) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            super.connect(to, timeout);
        } finally {
            UninterruptedOutput.restore(interrupted);
        }
    }

    @Override
    public void close() throws IOException {
        deadline.close();
        super.close();
    }
}
