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
 * A server socket whose port can be given up before its accept loop ends, and whose accept loop goes on until then: the
 * loop is not ours, and what ends it otherwise (there was no memory for a connection) would leave a port that nobody
 * serves. Whoever takes the accepted socket over says so, see {@link #taken}; what an accept loop lost is closed here.
 */
public class ListeningSocket extends ServerSocket {

    /** How long a thread may take to leave its accept once the port is closed: it needs the processor only. */
    private static final int LEAVING_MILLIS = 1_000;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock accepting = new ReentrantLock();
    private final Mishaps mishaps = new Mishaps("accepting");
    private final Thread.UncaughtExceptionHandler again = this::acceptAgain;
    private final AtomicInteger lost = new AtomicInteger();
    private volatile boolean draining;
    private boolean ipv4Only;

    private final Supplier<Socket> sockets;
    private Thread acceptor;
    /** What the accept loop was given and nobody has taken over yet. Null if there is none; used by that loop only. */
    private Socket given;

    /** @param sockets makes those that are accepted into, not connected yet */
    public ListeningSocket(Supplier<Socket> sockets) throws IOException {
        this.sockets = sockets;
    }

    /** Throws where the port is closed, or the system says no; goes on after all else. */
    @Override
    public final Socket accept() throws IOException {
        keepAccepting();
        while (true) {
            try {
                mishaps.tell();
                given = withoutDelay(accepted());
                return given;
            } catch (IOException e) {
                if (draining) {
                    awaitClose();
                }
                throw e;
            } catch (Throwable outOfMemory) {
                mishaps.note(outOfMemory);
            }
        }
    }

    /** The socket that was accepted last has an owner. By the thread that accepts. */
    public final void taken() {
        given = null;
    }

    /** Whether a connection was lost that has not been asked for here yet: its accept loop failed before it was taken. */
    public final boolean lostOne() {
        return lost.get() > 0 && lost.decrementAndGet() >= 0;
    }

    /** What ends the thread calls it back here, as the last thing that it does: no new one has to be had. */
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
            mishaps.note(cause);
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
            mishaps.note(closedAnyway);
        }
    }

    /** To be said before it is bound: only IPv4 is served, also where the system would serve both at this address. */
    public void ipv4Only() throws IOException {
        ipv4Only = true;
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
    protected Socket next() throws IOException {
        Socket socket = sockets.get();
        try {
            implAccept(socket);
            return socket;
        } catch (Throwable e) {
            // the watchdog knows it by now
            socket.close();
            throw e;
        }
    }

    protected void closePort() throws IOException {
        super.close();
    }

    /** A reply that waits for the acknowledgement of the one before costs 40 ms (RFC 896 against RFC 1122). */
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
