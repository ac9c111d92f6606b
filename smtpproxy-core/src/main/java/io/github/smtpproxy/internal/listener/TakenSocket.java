package io.github.smtpproxy.internal.listener;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketImpl;
import org.subethamail.smtp.server.Session;

/**
 * What SubEtha has in place of a client's socket once that is ours. SubEtha closes it at once and gives up its buffers, which
 * are 32 KiB on a platform thread; what it may want to send at the end of the session goes nowhere. Any thread.
 */
final class TakenSocket extends Socket {

    private static final TakenSocket ONE = create();

    private TakenSocket() throws SocketException {
        super((SocketImpl) null);
    }

    private static TakenSocket create() {
        try {
            return new TakenSocket();
        } catch (SocketException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the session's socket has been taken. */
    static boolean isOf(Session session) {
        return session.getSocket() == ONE;
    }

    /** Takes the session's socket: it is the caller's to close. */
    static Socket of(Session session) throws IOException {
        Socket client = session.getSocket();
        session.setSocket(ONE);
        session.quit();
        return client;
    }

    /** SubEtha replies at the end of the session, and where its writer is closed that takes four exceptions. */
    static void reopen(Session session) {
        try {
            session.setSocket(ONE);
        } catch (IOException closedAnyway) {
            // its streams are there always
        }
    }

    @Override
    public InputStream getInputStream() {
        return InputStream.nullInputStream();
    }

    @Override
    public OutputStream getOutputStream() {
        return OutputStream.nullOutputStream();
    }

    @Override
    public void setSoTimeout(int millis) {
        // nobody reads from it
    }

    @Override
    public void close() {
        // it is that of all sessions
    }
}
