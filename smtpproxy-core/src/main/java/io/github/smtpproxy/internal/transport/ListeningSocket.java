package io.github.smtpproxy.internal.transport;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A server socket whose accept loop, which is SubEtha's, ends only with {@link #close}:
 *
 * <ul>
 *   <li>{@link #drain} closes the port before that; the accept loop then waits.
 *   <li>An OutOfMemoryError in the accept loop does not end it, else the port would stay open with nobody to serve it. A
 *       connection that was lost to it is closed: whoever takes an accepted socket over calls {@link #taken}.
 * </ul>
 */
public class ListeningSocket extends ServerSocket {

    /** How long a thread may take to leave accept when the port is closed. It needs the processor only. */
    private static final int LEAVING_MILLIS = 1_000;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock accepting = new ReentrantLock();
    private final SurvivedErrors errors = new SurvivedErrors("accepting");
    private final Thread.UncaughtExceptionHandler again = this::acceptAgain;
    private final AtomicInteger lost = new AtomicInteger();
    private volatile boolean draining;
    private boolean ipv4Only;

    private final Supplier<Socket> sockets;
    private Thread acceptor;
    /** The socket that accept returned and nobody has taken over yet, or null. Only the accept loop uses it. */
    private Socket given;

    /** @param sockets creates the sockets to accept into */
    public ListeningSocket(Supplier<Socket> sockets) throws IOException {
        this.sockets = sockets;
    }

    /** Throws if the port is closed or the system refuses; survives any other error. */
    @Override
    public final Socket accept() throws IOException {
        keepAccepting();
        while (true) {
            try {
                errors.log();
                given = withoutDelay(accepted());
                return given;
            } catch (IOException e) {
                if (draining) {
                    awaitClose();
                }
                throw e;
            } catch (Throwable survived) {
                errors.note(survived);
            }
        }
    }

    /** Called by the accept loop when the socket that was accepted last has an owner. */
    public final void taken() {
        given = null;
    }

    /** Whether a connection was lost, because the accept loop failed before it was taken; true once for each. */
    public final boolean lostOne() {
        return lost.get() > 0 && lost.decrementAndGet() >= 0;
    }

    /** An error that ends the accepting thread calls {@link #acceptAgain} as its last act, so no new thread is needed. */
    private void keepAccepting() {
        Thread current = Thread.currentThread();
        if (acceptor != current) {
            acceptor = current;
            current.setUncaughtExceptionHandler(again);
        }
    }

    private void acceptAgain(Thread thread, Throwable why) {
        Throwable cause = why;
        while (cause != null && closed.getCount() > 0) {
            errors.note(cause);
            closeLost();
            try {
                thread.run();
                cause = null;
            } catch (Throwable next) {
                cause = next;
            }
        }
    }

    private void closeLost() {
        Socket last = given;
        given = null;
        if (last != null && !last.isClosed()) {
            lost.incrementAndGet();
            closeQuietly(last);
        }
    }

    private void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (Throwable closedAnyway) {
            errors.note(closedAnyway);
        }
    }

    /** Serves IPv4 only, even if the system serves IPv6 too at this address. Before it is bound. */
    public void ipv4Only() throws IOException {
        ipv4Only = true;
    }

    /** Closes the port; the accept loop waits until {@link #close}. */
    public final void drain() throws IOException {
        draining = true;
        closeAndAwaitAccept();
    }

    @Override
    public final void close() throws IOException {
        closed.countDown();
        closeAndAwaitAccept();
    }

    private Socket accepted() throws IOException {
        accepting.lock();
        try {
            Socket socket = next();
            while (ipv4Only && !(socket.getInetAddress() instanceof Inet4Address)) {
                socket.close();
                socket = next();
            }
            return socket;
        } finally {
            accepting.unlock();
        }
    }

    /** The kernel listens for as long as a thread is in accept, even if the port is closed. */
    private void closeAndAwaitAccept() throws IOException {
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
    protected Socket next() throws IOException {
        Socket socket = sockets.get();
        try {
            implAccept(socket);
            return socket;
        } catch (Throwable e) {
            // the watchdog may have it by now
            socket.close();
            throw e;
        }
    }

    protected void closePort() throws IOException {
        super.close();
    }

    /** With delay, a reply may wait 40 ms for the acknowledgement of the one before (RFC 896 with RFC 1122 §4.2.3.2). */
    private static Socket withoutDelay(Socket socket) throws IOException {
        try {
            socket.setTcpNoDelay(true);
            return socket;
        } catch (Throwable e) {
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
