package io.github.smtpproxy.internal.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/** A listening socket over a channel, as are the sockets that it accepts. Its accept blocks the calling thread. */
public final class ChannelListeningSocket extends ListeningSocket {

    /** Opens the channel of a port. */
    public interface Opener {

        /** What the JDK opens. */
        Opener JDK = family -> family.isPresent() ? ServerSocketChannel.open(family.get()) : ServerSocketChannel.open();

        /** @param family empty for IPv4 and IPv6 */
        ServerSocketChannel open(Optional<ProtocolFamily> family) throws IOException;
    }

    /** Makes the socket of a channel that was accepted. */
    public interface Accepted {
        Socket socket(SocketChannel channel, InetSocketAddress remote) throws IOException;
    }

    private final Opener opener;
    private final Accepted sockets;
    private ServerSocketChannel channel;
    private ServerSocket options;

    public ChannelListeningSocket(Opener opener, Accepted sockets) throws IOException {
        super(() -> {
            throw new IllegalStateException("the channel creates the sockets");
        });
        this.opener = opener;
        this.sockets = sockets;
        this.channel = opener.open(Optional.empty());
        this.options = channel.socket();
    }

    /** Takes a channel of the IPv4 kind, so that the port is not open for IPv6 at all. */
    @Override
    public void ipv4Only() throws IOException {
        channel.close();
        channel = opener.open(Optional.of(StandardProtocolFamily.INET));
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
            return sockets.socket(accepted, (InetSocketAddress) accepted.getRemoteAddress());
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
