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
 * A network for a user of one connection at a time, which any thread can end: the present one, or the one that is being
 * made. After that there is no other.
 */
public final class BreakableNetwork implements Network {

    private final Network network;
    private Socket last;
    private boolean broken;

    public BreakableNetwork(Network network) {
        this.network = network;
    }

    /** Ends the connection, and any wait for it. Any thread. */
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
        checkNotBroken();
        return network.connect(to, timeout, socket -> {
            begun.accept(socket);
            remember(socket);
        });
    }

    private synchronized void checkNotBroken() throws SocketException {
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
            // nobody uses it any more
        }
    }

    @Override
    public ListeningSocket listen() throws IOException {
        return network.listen();
    }

    @Override
    public Executor threads() {
        return network.threads();
    }

    @Override
    public Deadline watch(Socket socket) {
        return network.watch(socket);
    }

    @Override
    public void mayHold() {
        network.mayHold();
    }

    /** Ends the connection; the other network stays open. */
    @Override
    public void close() {
        breakOff();
    }
}
