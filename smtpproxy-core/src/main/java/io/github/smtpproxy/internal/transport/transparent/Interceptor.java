package io.github.smtpproxy.internal.transport.transparent;

import io.github.smtpproxy.internal.transport.ChannelSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** What the kernel is asked for where connections are intercepted. Any thread. */
interface Interceptor {

    /** Before a port is bound. */
    default void prepare(ServerSocketChannel port) throws IOException {}

    /** Before a channel is bound to a client's address. */
    default void prepare(SocketChannel channel) throws IOException {}

    /** Where the client of this socket wanted to go. */
    default InetSocketAddress originalDestination(ChannelSocket accepted) {
        return (InetSocketAddress) accepted.getLocalSocketAddress();
    }

    /**
     * Tries it out.
     *
     * @throws IllegalStateException if the proxy would be half transparent, with what is missing
     */
    void probe();
}
