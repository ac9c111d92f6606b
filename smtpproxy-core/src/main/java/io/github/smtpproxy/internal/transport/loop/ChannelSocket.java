package io.github.smtpproxy.internal.transport.loop;

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

/** A connected socket over a channel: its addresses and options. What moves bytes is left to the subclass. */
abstract class ChannelSocket extends Socket {

    private final SocketChannel channel;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;

    ChannelSocket(SocketChannel channel, InetSocketAddress remote) throws IOException {
        super((SocketImpl) null);
        this.channel = channel;
        this.local = (InetSocketAddress) channel.getLocalAddress();
        this.remote = remote;
    }

    protected final SocketChannel channel() {
        return channel;
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        throw new SocketException("already connected");
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        throw new SocketException("already connected");
    }

    @Override
    public void bind(SocketAddress address) throws IOException {
        throw new SocketException("already bound");
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
    public void sendUrgentData(int data) throws IOException {
        options().sendUrgentData(data);
    }

    @Override
    public void setOOBInline(boolean on) throws SocketException {
        options().setOOBInline(on);
    }

    @Override
    public boolean getOOBInline() throws SocketException {
        return options().getOOBInline();
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        options().setSendBufferSize(size);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return options().getSendBufferSize();
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        options().setReceiveBufferSize(size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return options().getReceiveBufferSize();
    }

    @Override
    public void setKeepAlive(boolean on) throws SocketException {
        options().setKeepAlive(on);
    }

    @Override
    public boolean getKeepAlive() throws SocketException {
        return options().getKeepAlive();
    }

    @Override
    public void setTrafficClass(int value) throws SocketException {
        options().setTrafficClass(value);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return options().getTrafficClass();
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        options().setReuseAddress(on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return options().getReuseAddress();
    }

    @Override
    public <T> Socket setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return channel.supportedOptions();
    }

    @Override
    public String toString() {
        return "Socket[addr=" + getInetAddress() + ",port=" + getPort() + ",localport=" + getLocalPort() + "]";
    }

    /** The channel's own facade: right about options, of no use for bytes, because it refuses to wait. */
    final Socket options() {
        return channel.socket();
    }
}
