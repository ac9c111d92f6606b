package io.github.smtpproxy.internal.transport;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A server socket whose port can be given up before its accept loop ends. */
public class ListeningSocket extends ServerSocket {

    /** How long a thread may take to leave its accept once the port is closed: it needs the processor only. */
    private static final int LEAVING_MILLIS = 1_000;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock accepting = new ReentrantLock();
    private volatile boolean draining;

    private final Supplier<Socket> sockets;

    /** @param sockets makes those that are accepted into, not connected yet */
    ListeningSocket(Supplier<Socket> sockets) throws IOException {
        this.sockets = sockets;
    }

    @Override
    public final Socket accept() throws IOException {
        try {
            return withoutDelay(accepted());
        } catch (IOException e) {
            if (draining) {
                awaitClose();
            }
            throw e;
        }
    }

    /** Gives up the port; the accept loop waits until {@link #close}. */
    public final void drain() throws IOException {
        draining = true;
        giveUp();
    }

    @Override
    public final void close() throws IOException {
        closed.countDown();
        giveUp();
    }

    private Socket accepted() throws IOException {
        accepting.lock();
        try {
            return next();
        } finally {
            accepting.unlock();
        }
    }

    /** The kernel listens on for as long as a thread is in its accept, whatever was closed: until it has left. */
    private void giveUp() throws IOException {
        closePort();
        try {
            if (accepting.tryLock(LEAVING_MILLIS, TimeUnit.MILLISECONDS)) {
                accepting.unlock();
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the next connection. */
    Socket next() throws IOException {
        Socket socket = sockets.get();
        implAccept(socket);
        return socket;
    }

    void closePort() throws IOException {
        super.close();
    }

    /** A reply that waits for the acknowledgement of the one before costs 40 ms (RFC 896 against RFC 1122). */
    private static Socket withoutDelay(Socket socket) throws IOException {
        try {
            socket.setTcpNoDelay(true);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void awaitClose() throws SocketException {
        try {
            closed.await();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new SocketException("closed");
        }
    }
}
