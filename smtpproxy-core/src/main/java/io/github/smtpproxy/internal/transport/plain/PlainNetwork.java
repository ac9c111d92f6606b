package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.transport.ChannelListeningSocket;
import io.github.smtpproxy.internal.transport.ChannelNetwork;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** The JDK's own sockets, and virtual threads if the JDK has them (21 and later), else platform threads. */
public final class PlainNetwork implements ChannelNetwork {

    private final ExecutorService threads = sessionThreads();
    private final Watchdog watchdog = new Watchdog();

    private PlainNetwork() {}

    public static PlainNetwork start() {
        PlainNetwork network = new PlainNetwork();
        network.watchdog.start();
        return network;
    }

    @Override
    public ListeningSocket listen() throws IOException {
        return new ListeningSocket(() -> new WatchedSocket(watchdog));
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        Socket socket = new WatchedSocket(watchdog);
        try {
            socket.setTcpNoDelay(true);
            begun.accept(socket);
            socket.connect(to, (int) timeout.toMillis());
            return socket;
        } catch (Throwable e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public ListeningSocket listen(ChannelListeningSocket.Opener opener) throws IOException {
        return new ChannelListeningSocket(
                opener, (channel, remote) -> new WatchedChannelSocket(channel, remote, watchdog));
    }

    @Override
    public Socket connect(SocketChannel channel, InetSocketAddress to, Duration timeout, Consumer<Socket> begun)
            throws IOException {
        WatchedChannelSocket socket;
        try {
            socket = new WatchedChannelSocket(channel, to, watchdog);
        } catch (Throwable e) {
            channel.close();
            throw e;
        }
        try {
            socket.setTcpNoDelay(true);
            begun.accept(socket);
            socket.connect(timeout);
            return socket;
        } catch (Throwable e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public Executor threads() {
        return threads;
    }

    @Override
    public Deadline watch(Socket socket) {
        return ((Watched) socket).deadline();
    }

    @Override
    public void close() {
        watchdog.close();
        threads.shutdown();
    }

    private static ExecutorService sessionThreads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException beforeJdk21) {
            return Executors.newCachedThreadPool(task -> {
                Thread thread = new Thread(task, "smtpproxy-session");
                thread.setDaemon(true);
                return thread;
            });
        }
    }

    @Override
    public String toString() {
        return "plain sockets";
    }
}
