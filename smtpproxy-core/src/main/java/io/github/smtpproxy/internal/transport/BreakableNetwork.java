package io.github.smtpproxy.internal.transport;

import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A transport for one who has one connection at a time, which any thread may break off: the one that stands, and the one
 * that is being made. From then on there is no other.
 */
public final class BreakableNetwork implements Network {

    private final Network transport;
    private Socket last;
    private boolean broken;

    public BreakableNetwork(Network transport) {
        this.transport = transport;
    }

    /** Ends the connection, and whatever waits for it. Any thread. */
    public void breakOff() {
        Socket socket;
        synchronized (this) {
            broken = true;
            socket = last;
        }
        if (socket != null) {
            closeQuietly(socket);
        }
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        refuseIfBroken();
        return transport.connect(to, timeout, socket -> {
            begun.accept(socket);
            remember(socket);
        });
    }

    private synchronized void refuseIfBroken() throws SocketException {
        if (broken) {
            throw new SocketException("broken off");
        }
    }

    private void remember(Socket socket) {
        Socket before;
        boolean late;
        synchronized (this) {
            before = last;
            last = socket;
            late = broken;
        }
        if (before != null) {
            closeQuietly(before);
        }
        if (late) {
            closeQuietly(socket);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException closedAnyway) {
            // there is nobody left to tell
        }
    }

    @Override
    public ListeningSocket listen() throws IOException {
        return transport.listen();
    }

    @Override
    public Executor threads() {
        return transport.threads();
    }

    @Override
    public Deadline watch(Socket socket) {
        return transport.watch(socket);
    }

    @Override
    public void mayHold() {
        transport.mayHold();
    }

    /** The other transport stays. */
    @Override
    public void close() {
        breakOff();
    }
}
