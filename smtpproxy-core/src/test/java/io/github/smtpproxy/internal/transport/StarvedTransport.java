package io.github.smtpproxy.internal.transport;

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

/** A transport whose threads meet an OutOfMemoryError, as often as they are told to. */
public final class StarvedTransport implements Transport {

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
    private final Transport transport;

    private StarvedTransport(String on) {
        Stream.of(At.values()).forEach(at -> times.put(at, new AtomicInteger()));
        this.transport = switch (on) {
            case "plain" -> PlainTransport.start();
            case "selectors" -> EventLoopTransport.start(1, new StarvedKind(SelectorPoller.KIND, Selectors::new), on);
            default -> EventLoopTransport.start(1, new StarvedKind(RingPoller.KIND, Rings::new), on);
        };
    }

    /** On "plain", "selectors" or "io_uring". */
    public static StarvedTransport on(String name) {
        return new StarvedTransport(name);
    }

    /** Why it cannot be had. */
    public static Optional<String> lackOf(String name) {
        return switch (name) {
            case "plain" -> Optional.empty();
            case "selectors" -> EventLoopTransport.unavailable();
            default -> EventLoopTransport.unavailable().or(RingPoller::unavailable);
        };
    }

    /** Memory runs out there, so many times from now on. */
    public void starve(At at, int count) {
        times.get(at).set(count);
    }

    /** Whether it has run out there as often as was said. */
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
        return new StarvedPort(transport.listen());
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        return transport.connect(to, timeout, begun);
    }

    @Override
    public Executor threads() {
        return task -> {
            meet(At.SESSION_THREAD);
            transport.threads().execute(task);
        };
    }

    @Override
    public Deadline watch(Socket socket) {
        return transport.watch(socket);
    }

    @Override
    public void mayHold() {
        transport.mayHold();
    }

    @Override
    public void close() {
        transport.close();
    }

    private interface Opening {
        Poller open(StarvedTransport starved) throws IOException;
    }

    private final class StarvedKind implements Poller.Kind {
        private final Poller.Kind kind;
        private final Opening opening;

        StarvedKind(Poller.Kind kind, Opening opening) {
            this.kind = kind;
            this.opening = opening;
        }

        @Override
        public Poller open() throws IOException {
            return opening.open(StarvedTransport.this);
        }

        @Override
        public EventLoopSocket socket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
                throws IOException {
            return kind.socket(channel, remote, loops);
        }
    }

    private static final class Selectors extends SelectorPoller {
        private final StarvedTransport starved;

        Selectors(StarvedTransport starved) throws IOException {
            this.starved = starved;
        }

        @Override
        public void look() throws IOException {
            starved.meet(At.LOOP);
            super.look();
        }

        @Override
        public void await(long nanos) throws IOException {
            super.await(nanos);
            starved.meet(At.LOOP);
        }
    }

    private static final class Rings extends RingPoller {
        private final StarvedTransport starved;

        Rings(StarvedTransport starved) throws IOException {
            this.starved = starved;
        }

        @Override
        public void look() {
            starved.meet(At.LOOP);
            super.look();
        }

        @Override
        public void await(long nanos) {
            super.await(nanos);
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
        Socket next() throws IOException {
            Socket socket = port.next();
            if (starves(At.ACCEPT)) {
                socket.close();
                throw new OutOfMemoryError("in accept, as the test will have it");
            }
            return starves(At.ACCEPT_LOOP) ? new NoStreams(socket) : socket;
        }

        @Override
        void closePort() throws IOException {
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

        @Override
        public void setReuseAddress(boolean on) throws SocketException {
            port.setReuseAddress(on);
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
