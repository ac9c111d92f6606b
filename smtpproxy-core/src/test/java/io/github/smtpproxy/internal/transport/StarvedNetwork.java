package io.github.smtpproxy.internal.transport;

import io.github.smtpproxy.internal.transport.loop.EventLoop;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.internal.transport.loop.EventLoopSocket;
import io.github.smtpproxy.internal.transport.loop.Poller;
import io.github.smtpproxy.internal.transport.loop.SelectorPoller;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.transport.uring.RingPoller;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A network whose threads meet an OutOfMemoryError, as often as {@link #starve} says. */
public final class StarvedNetwork implements Network {

    /** Where memory runs out. */
    public enum At {
        /** In the port's accept, a connection that has come included. */
        ACCEPT,
        /** In the accept loop, between a connection that was accepted and the thread that was to serve it. */
        ACCEPT_LOOP,
        /** Where the session's thread is made. */
        SESSION_THREAD,
        /** Where the loop looks at its sockets. */
        LOOP
    }

    private final Map<At, AtomicInteger> times = new EnumMap<>(At.class);
    private final Network network;

    private StarvedNetwork(String on) {
        Stream.of(At.values()).forEach(at -> times.put(at, new AtomicInteger()));
        this.network = switch (on) {
            case "plain" -> PlainNetwork.start();
            case "selectors" ->
                EventLoopNetwork.start(1, new StarvedPollers(SelectorPoller.FACTORY, Selectors::new), on);
            default -> EventLoopNetwork.start(1, new StarvedPollers(RingPoller.FACTORY, Rings::new), on);
        };
    }

    /** On "plain", "selectors" or "io_uring". */
    public static StarvedNetwork on(String name) {
        return new StarvedNetwork(name);
    }

    /** Why it is not available. */
    public static Optional<String> lackOf(String name) {
        return switch (name) {
            case "plain" -> Optional.empty();
            case "selectors" -> EventLoopNetwork.unavailable();
            default -> EventLoopNetwork.unavailable().or(RingPoller::unavailable);
        };
    }

    /** Memory runs out there, so many times from now on. */
    public void starve(At at, int count) {
        times.get(at).set(count);
    }

    /** Whether it has run out there that often. */
    public boolean hasStarved(At at) {
        return times.get(at).get() <= 0;
    }

    private void meet(At at) {
        if (times.get(at).getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new OutOfMemoryError("at " + at + ", as the test will have it");
        }
    }

    private boolean starves(At at) {
        return times.get(at).getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }

    @Override
    public ListeningSocket listen() throws IOException {
        return new StarvedPort(network.listen());
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        return network.connect(to, timeout, begun);
    }

    @Override
    public Executor threads() {
        return task -> {
            meet(At.SESSION_THREAD);
            network.threads().execute(task);
        };
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

    private interface Opening {
        Poller open(StarvedNetwork starved) throws IOException;
    }

    private final class StarvedPollers implements Poller.Factory {
        private final Poller.Factory pollers;
        private final Opening opening;

        StarvedPollers(Poller.Factory pollers, Opening opening) {
            this.pollers = pollers;
            this.opening = opening;
        }

        @Override
        public Poller open() throws IOException {
            return opening.open(StarvedNetwork.this);
        }

        @Override
        public EventLoopSocket socket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
                throws IOException {
            return pollers.socket(channel, remote, loops);
        }
    }

    private static final class Selectors extends SelectorPoller {
        private final StarvedNetwork starved;

        Selectors(StarvedNetwork starved) throws IOException {
            this.starved = starved;
        }

        @Override
        public void pollNow() throws IOException {
            starved.meet(At.LOOP);
            super.pollNow();
        }

        @Override
        public void poll(long nanos) throws IOException {
            super.poll(nanos);
            starved.meet(At.LOOP);
        }
    }

    private static final class Rings extends RingPoller {
        private final StarvedNetwork starved;

        Rings(StarvedNetwork starved) throws IOException {
            this.starved = starved;
        }

        @Override
        public void pollNow() {
            starved.meet(At.LOOP);
            super.pollNow();
        }

        @Override
        public void poll(long nanos) {
            super.poll(nanos);
            starved.meet(At.LOOP);
        }
    }

    private final class StarvedPort extends ListeningSocket {
        private final ListeningSocket port;

        StarvedPort(ListeningSocket port) throws IOException {
            super(() -> {
                throw new IllegalStateException("the other port makes them");
            });
            this.port = port;
        }

        @Override
        protected Socket next() throws IOException {
            Socket socket = port.next();
            if (starves(At.ACCEPT)) {
                socket.close();
                throw new OutOfMemoryError("in accept, as the test will have it");
            }
            return starves(At.ACCEPT_LOOP) ? new NoStreams(socket) : socket;
        }

        @Override
        protected void closePort() throws IOException {
            port.closePort();
        }

        @Override
        public void bind(SocketAddress endpoint, int backlog) throws IOException {
            port.bind(endpoint, backlog);
        }

        @Override
        public InetAddress getInetAddress() {
            return port.getInetAddress();
        }

        @Override
        public int getLocalPort() {
            return port.getLocalPort();
        }

        @Override
        public SocketAddress getLocalSocketAddress() {
            return port.getLocalSocketAddress();
        }

        @Override
        public boolean isBound() {
            return port.isBound();
        }

        @Override
        public boolean isClosed() {
            return port.isClosed();
        }
    }

    /** Accepted, and then there is no memory for anything about it. */
    private static final class NoStreams extends Socket {
        private final Socket socket;

        NoStreams(Socket socket) {
            this.socket = socket;
        }

        @Override
        public InputStream getInputStream() {
            throw new OutOfMemoryError("in the accept loop, as the test will have it");
        }

        @Override
        public SocketAddress getRemoteSocketAddress() {
            return socket.getRemoteSocketAddress();
        }

        @Override
        public void setTcpNoDelay(boolean on) throws SocketException {
            socket.setTcpNoDelay(on);
        }

        @Override
        public boolean isClosed() {
            return socket.isClosed();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
