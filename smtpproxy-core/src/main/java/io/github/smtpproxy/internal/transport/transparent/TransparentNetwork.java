package io.github.smtpproxy.internal.transport.transparent;

import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.internal.transport.ChannelListeningSocket;
import io.github.smtpproxy.internal.transport.ChannelNetwork;
import io.github.smtpproxy.internal.transport.ChannelSocket;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.linux.SocketOptions;
import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.session.Session;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A network in the way of clients: where they wanted to go is known, and its connections may come from their addresses. */
public final class TransparentNetwork implements Network {

    private final ChannelNetwork network;
    private final Transparent settings;
    private final Interceptor interceptor;

    private TransparentNetwork(ChannelNetwork network, Transparent settings, Interceptor interceptor) {
        this.network = network;
        this.settings = settings;
        this.interceptor = interceptor;
    }

    /**
     * Makes a network transparent.
     *
     * @throws IllegalStateException if this JVM or system does not let it, with what is missing
     */
    public static TransparentNetwork over(ChannelNetwork network, Transparent settings) {
        Interceptor interceptor = switch (settings.interception()) {
            case ANY_IP -> new AnyIp();
            case TPROXY -> new Tproxy(options());
            case REDIRECT -> new Redirect(options());
        };
        interceptor.probe();
        return new TransparentNetwork(network, settings, interceptor);
    }

    private static SocketOptions options() {
        if (!System.getProperty("os.name").equals("Linux")) {
            throw new IllegalStateException("Transparent mode needs Linux, was " + System.getProperty("os.name"));
        }
        return SocketOptions.find(why -> new IllegalStateException("Transparent mode: cannot set IP_TRANSPARENT on "
                + System.getProperty("os.arch") + ": " + why
                + ". Not starting: mail would bypass the proxy."));
    }

    @Override
    public ListeningSocket listen() throws IOException {
        return network.listen(this::open);
    }

    private ServerSocketChannel open(Optional<ProtocolFamily> family) throws IOException {
        ServerSocketChannel channel = ChannelListeningSocket.Opener.JDK.open(family);
        try {
            interceptor.prepare(channel);
            return channel;
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public InetSocketAddress originalDestination(Socket accepted) {
        return interceptor.originalDestination((ChannelSocket) accepted);
    }

    @Override
    public Network of(Session session) {
        return new ClientNetwork(network, interceptor, session);
    }

    @Override
    public Optional<Transparent> transparent() {
        return Optional.of(settings);
    }

    /** From an address of this machine. */
    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        return network.connect(to, timeout, begun);
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

    @Override
    public void close() {
        network.close();
    }

    @Override
    public String toString() {
        return network + ", transparent by " + settings;
    }
}
