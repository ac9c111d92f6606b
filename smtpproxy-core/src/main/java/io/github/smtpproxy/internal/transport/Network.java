package io.github.smtpproxy.internal.transport;

import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Where sockets, session threads and deadlines come from. Session code sees nothing else of the network. */
public interface Network extends AutoCloseable {

    /** A server socket that is not bound yet; the sockets that it accepts have TCP_NODELAY. */
    ListeningSocket listen() throws IOException;

    /** A socket with TCP_NODELAY that is connected to the address. */
    default Socket connect(InetSocketAddress to, Duration timeout) throws IOException {
        return connect(to, timeout, begun -> {});
    }

    /**
     * The same.
     *
     * @param begun is given the socket before it is connected: whoever closes it from then on ends the wait
     */
    Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException;

    /** Runs each session on a thread of its own. */
    Executor threads();

    /** The deadline of a socket that came from here. */
    Deadline watch(Socket socket);

    /**
     * Said before what may hold the thread (a filter, a router, a listener, a file, a name lookup), so that no session
     * but this one waits for it.
     */
    default void mayHold() {}

    /** Takes no more sessions; those that there are end by themselves. */
    @Override
    void close();
}
