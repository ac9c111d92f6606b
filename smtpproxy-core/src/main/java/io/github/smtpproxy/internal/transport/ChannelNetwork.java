package io.github.smtpproxy.internal.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.Consumer;

/** A network that also makes sockets over channels to which something was done before: they are a {@link ChannelSocket}. */
public interface ChannelNetwork extends Network {

    /** A server socket that is not bound yet, over such a channel. */
    ListeningSocket listen(ChannelListeningSocket.Opener opener) throws IOException;

    /**
     * Connects such a channel, which may be bound. Where that fails, it is closed.
     *
     * @param begun is given the socket before it is connected; to close it ends the wait
     */
    Socket connect(SocketChannel channel, InetSocketAddress to, Duration timeout, Consumer<Socket> begun)
            throws IOException;
}
