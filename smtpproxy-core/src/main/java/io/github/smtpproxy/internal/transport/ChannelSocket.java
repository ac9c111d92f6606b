package io.github.smtpproxy.internal.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.util.Set;

/**
 * A connected {@link Socket} over a channel: its addresses, and the options that SubEtha, TLS or we use. The subclass moves
 * the octets. The methods that nobody calls throw: without an own implementation they would open another socket.
 */
public abstract class ChannelSocket extends Socket {

    private final SocketChannel channel;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;

    protected ChannelSocket(SocketChannel channel, InetSocketAddress remote) throws IOException {
        super((SocketImpl) null);
        this.channel = channel;
        this.local = (InetSocketAddress) channel.getLocalAddress();
        this.remote = remote;
    }

    public final SocketChannel channel() {
        return channel;
    }

    /** The channel's own socket. Its options work; its streams do not, because the channel may not block. */
    protected final Socket options() {
        return channel.socket();
    }

    @Override
    public InetAddress getInetAddress() {
        return remote.getAddress();
    }

    @Override
    public int getPort() {
        return remote.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return remote;
    }

    @Override
    public InetAddress getLocalAddress() {
        return local.getAddress();
    }

    @Override
    public int getLocalPort() {
        return local.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return local;
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isBound() {
        return true;
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
        options().setTcpNoDelay(on);
    }

    @Override
    public boolean getTcpNoDelay() throws SocketException {
        return options().getTcpNoDelay();
    }

    @Override
    public void setSoLinger(boolean on, int seconds) throws SocketException {
        options().setSoLinger(on, seconds);
    }

    @Override
    public int getSoLinger() throws SocketException {
        return options().getSoLinger();
    }

    @Override
    public String toString() {
        return "Socket[addr=" + getInetAddress() + ",port=" + getPort() + ",localport=" + getLocalPort() + "]";
    }

    // what nobody calls

    private static SocketException unsupported() {
        return new SocketException("not supported by a socket over a channel");
    }

    @Override
    public final void connect(SocketAddress endpoint) throws IOException {
        throw unsupported();
    }

    @Override
    public final void connect(SocketAddress endpoint, int timeout) throws IOException {
        throw unsupported();
    }

    @Override
    public final void bind(SocketAddress address) throws IOException {
        throw unsupported();
    }

    @Override
    public final void sendUrgentData(int data) throws IOException {
        throw unsupported();
    }

    @Override
    public final void setOOBInline(boolean on) throws SocketException {
        throw unsupported();
    }

    @Override
    public final boolean getOOBInline() throws SocketException {
        throw unsupported();
    }

    @Override
    public final void setSendBufferSize(int size) throws SocketException {
        throw unsupported();
    }

    @Override
    public final int getSendBufferSize() throws SocketException {
        throw unsupported();
    }

    @Override
    public final void setReceiveBufferSize(int size) throws SocketException {
        throw unsupported();
    }

    @Override
    public final int getReceiveBufferSize() throws SocketException {
        throw unsupported();
    }

    @Override
    public final void setKeepAlive(boolean on) throws SocketException {
        throw unsupported();
    }

    @Override
    public final boolean getKeepAlive() throws SocketException {
        throw unsupported();
    }

    @Override
    public final void setTrafficClass(int value) throws SocketException {
        throw unsupported();
    }

    @Override
    public final int getTrafficClass() throws SocketException {
        throw unsupported();
    }

    @Override
    public final void setReuseAddress(boolean on) throws SocketException {
        throw unsupported();
    }

    @Override
    public final boolean getReuseAddress() throws SocketException {
        throw unsupported();
    }

    @Override
    public final <T> Socket setOption(SocketOption<T> name, T value) throws IOException {
        throw unsupported();
    }

    @Override
    public final <T> T getOption(SocketOption<T> name) throws IOException {
        throw unsupported();
    }

    @Override
    public final Set<SocketOption<?>> supportedOptions() {
        return Set.of();
    }
}
