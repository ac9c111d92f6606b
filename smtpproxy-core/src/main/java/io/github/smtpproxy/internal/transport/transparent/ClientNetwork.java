package io.github.smtpproxy.internal.transport.transparent;

import io.github.smtpproxy.internal.transport.ChannelNetwork;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.session.Session;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The network of one session: to the server that its client wanted to reach it connects from the client's address, port 0.
 * To others, where a router led the client, it connects as this machine: nothing says that their replies would come here.
 */
final class ClientNetwork implements Network {

    private final ChannelNetwork network;
    private final Interceptor interceptor;
    private final Session session;

    ClientNetwork(ChannelNetwork network, Interceptor interceptor, Session session) {
        this.network = network;
        this.interceptor = interceptor;
        this.session = session;
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        if (!to.equals(session.localAddress())) {
            return network.connect(to, timeout, begun);
        }
        InetAddress client = session.remoteAddress().getAddress();
        try {
            return network.connect(from(client), to, timeout, begun);
        } catch (SocketTimeoutException e) {
            throw because(
                    e,
                    "no answer from " + to + " to " + client.getHostAddress() + ". If the server is up, replies for "
                            + client.getHostAddress()
                            + " are not routed back to this host: check the 'socket transparent' mark"
                            + " rule, 'ip rule fwmark' and that the server's route to the client goes through this host");
        }
    }

    private SocketChannel from(InetAddress client) throws IOException {
        SocketChannel channel =
                client instanceof Inet4Address ? SocketChannel.open(StandardProtocolFamily.INET) : SocketChannel.open();
        try {
            interceptor.prepare(channel);
            channel.bind(new InetSocketAddress(client, 0));
            return channel;
        } catch (BindException e) {
            channel.close();
            throw because(e, "cannot use client address " + client.getHostAddress() + " as source");
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    private static IOException because(IOException cause, String why) {
        return new IOException(why + " (" + cause.getMessage() + ")", cause);
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

    /** The sockets of the session are its own to close. */
    @Override
    public void close() {
        // the network serves other sessions
    }
}
