package io.github.smtpproxy.internal.transport;

import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.session.Session;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Sockets, session threads and deadlines. Session code uses nothing else of the network. */
public interface Network extends AutoCloseable {

    /** A server socket that is not bound yet. The sockets that it accepts have TCP_NODELAY. */
    ListeningSocket listen() throws IOException;

    /** Connects a socket with TCP_NODELAY. */
    default Socket connect(InetSocketAddress to, Duration timeout) throws IOException {
        return connect(to, timeout, begun -> {});
    }

    /**
     * Connects a socket with TCP_NODELAY.
     *
     * @param begun is given the socket before it is connected; to close it ends the wait
     */
    Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException;

    /**
     * Connects to the first of these addresses that answers; see {@link Race}.
     *
     * @param to one at least, in the order of preference
     * @param timeout for each
     * @param begun is given each socket before it is connected
     */
    default Socket connectFirst(List<InetSocketAddress> to, Duration timeout, Consumer<Socket> begun)
            throws IOException {
        return to.size() == 1 ? connect(to.get(0), timeout, begun) : new Race(this, timeout, begun).run(to);
    }

    /** Where the client of a socket that was accepted here wanted to go: the address at which it arrived. */
    default InetSocketAddress originalDestination(Socket accepted) {
        return (InetSocketAddress) accepted.getLocalSocketAddress();
    }

    /** This network as one session uses it. */
    default Network of(Session session) {
        return this;
    }

    /** How the proxy stands in the way of clients that do not know of it; empty where they connect to it. */
    default Optional<Transparent> transparent() {
        return Optional.empty();
    }

    /** Runs each session on a thread of its own. */
    Executor threads();

    /**
     * What carries this thread. A socket costs least where those who use it are carried by what carried the first of them:
     * another one is woken for each of its waits.
     */
    default Object carrier() {
        return this;
    }

    /** The deadline of a socket that came from here. */
    Deadline watch(Socket socket);

    /**
     * Called before code that may block the thread in another way than on a socket from here, so that other sessions do
     * not wait for it. Code of the host program is announced where it is called; for our own there is {@link #blocking}.
     */
    default void mayHold() {}

    /** Runs code that may block the thread, such as a file operation or a name lookup. */
    default <T, E extends Exception> T blocking(Blocking<T, E> code) throws E {
        mayHold();
        return code.run();
    }

    /** Code that may block the thread. */
    interface Blocking<T, E extends Exception> {
        T run() throws E;
    }

    /** Starts no more sessions; the present ones run to their end. */
    @Override
    void close();
}
