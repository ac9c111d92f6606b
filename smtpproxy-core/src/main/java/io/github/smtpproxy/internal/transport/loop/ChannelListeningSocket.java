package io.github.smtpproxy.internal.transport.loop;

import io.github.smtpproxy.internal.transport.ListeningSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;

/** A listening socket over a channel; the sockets that it accepts are event loops'. Its accept blocks the calling thread. */
final class ChannelListeningSocket extends ListeningSocket {

    private ServerSocketChannel channel = ServerSocketChannel.open();
    private ServerSocket options = channel.socket();
    private final Poller.Factory factory;
    private final Supplier<EventLoop> loops;

    ChannelListeningSocket(Poller.Factory factory, Supplier<EventLoop> loops) throws IOException {
        super(() -> {
            throw new IllegalStateException("the channel creates the sockets");
        });
        this.factory = factory;
        this.loops = loops;
    }

    /** Takes a channel of the IPv4 kind, so that the port is not open for IPv6 at all. */
    @Override
    public void ipv4Only() throws IOException {
        channel.close();
        channel = ServerSocketChannel.open(StandardProtocolFamily.INET);
        options = channel.socket();
    }

    @Override
    protected Socket next() throws IOException {
        SocketChannel accepted;
        try {
            accepted = channel.accept();
        } catch (ClosedChannelException e) {
            throw new SocketException("socket is closed");
        }
        try {
            return factory.socket(accepted, (InetSocketAddress) accepted.getRemoteAddress(), loops);
        } catch (Throwable e) {
            accepted.close();
            throw e;
        }
    }

    @Override
    protected void closePort() throws IOException {
        channel.close();
    }

    @Override
    public void bind(SocketAddress endpoint) throws IOException {
        options.bind(endpoint);
    }

    @Override
    public void bind(SocketAddress endpoint, int backlog) throws IOException {
        options.bind(endpoint, backlog);
    }

    @Override
    public InetAddress getInetAddress() {
        return options.getInetAddress();
    }

    @Override
    public int getLocalPort() {
        return options.getLocalPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return options.getLocalSocketAddress();
    }

    @Override
    public boolean isBound() {
        return options.isBound();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public String toString() {
        return options.toString();
    }
}
