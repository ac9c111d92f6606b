package io.github.smtpproxy.internal.transport;

import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A network for a user of one connection at a time, which any thread can end: the present one, or the one that is being
 * made. After that there is no other.
 */
public final class BreakableNetwork implements Network {

    private final Network network;
    /** The present one, and those that are being made. */
    private final Set<Socket> open = new HashSet<>();

    private boolean broken;

    public BreakableNetwork(Network network) {
        this.network = network;
    }

    /** Whether it was broken off. Any thread. */
    public synchronized boolean isBroken() {
        return broken;
    }

    /** Ends the connection, and any wait for it. Any thread. */
    public void breakOff() {
        synchronized (this) {
            broken = true;
        }
        closeAll();
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        return connectFirst(List.of(to), timeout, begun);
    }

    @Override
    public Socket connectFirst(List<InetSocketAddress> to, Duration timeout, Consumer<Socket> begun)
            throws IOException {
        checkNotBroken();
        closeAll();
        return network.connectFirst(to, timeout, socket -> {
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
        boolean late;
        synchronized (this) {
            open.add(socket);
            late = broken;
        }
        if (late) {
            closeQuietly(socket);
        }
    }

    private void closeAll() {
        List<Socket> before;
        synchronized (this) {
            before = List.copyOf(open);
            open.clear();
        }
        before.forEach(BreakableNetwork::closeQuietly);
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
