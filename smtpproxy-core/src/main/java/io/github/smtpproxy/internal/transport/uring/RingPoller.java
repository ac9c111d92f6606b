package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Descriptors;
import io.github.smtpproxy.internal.transport.linux.Libc;
import io.github.smtpproxy.internal.transport.linux.SharedMemory;
import io.github.smtpproxy.internal.transport.loop.EventLoop;
import io.github.smtpproxy.internal.transport.loop.EventLoopSocket;
import io.github.smtpproxy.internal.transport.loop.Passage;
import io.github.smtpproxy.internal.transport.loop.Poller;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits with an io_uring: what all sockets are to send and to receive is handed over in the call that waits.
 *
 * <p>A descriptor is given up only when all that was asked for it has been handed over: its number may be another
 * socket's from then on. The lock of the ring sees to it that nothing is asked for a closed socket, and that no call of
 * our own is under way on its descriptor.
 */
public class RingPoller implements Poller {

    public static final Kind KIND = new Kind() {
        @Override
        public Poller open() throws IOException {
            return new RingPoller();
        }

        @Override
        public EventLoopSocket socket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
                throws IOException {
            return new RingSocket(channel, remote, loops);
        }
    };

    /** A system property: {@code off} has the loops wait with selectors where an io_uring could be had. */
    static final String PROPERTY = "smtpproxy.io-uring";

    private static final Logger log = LoggerFactory.getLogger(RingPoller.class);
    private static final long MILLI = 1_000_000;
    /** How often a poller that closes looks for the end of what it has cancelled. */
    private static final int PATIENCE = 100;

    private final Ring ring = new Ring();
    private final SendBlocks blocks = new SendBlocks();
    private final SharedMemory passage = SharedMemory.anonymous(Passage.BLOCK);
    private final RingSockets sockets = new RingSockets();
    /** The sockets whose descriptors are to be given up, linked to each other: a socket is closed without memory too. */
    private volatile RingSocket firstClosing;

    private RingSocket lastClosing;
    private final Ring.Listener dispatch = this::dispatch;
    private volatile boolean closed;

    protected RingPoller() throws IOException {}

    /** Why there is no io_uring here, with what would help; empty if there is. It is found out by trying. */
    public static Optional<String> unavailable() {
        return unwanted().or(Descriptors::unavailable).or(Libc::unavailable).or(RingPoller::refused);
    }

    private static Optional<String> unwanted() {
        return switch (System.getProperty(PROPERTY, "on")) {
            case "on" -> Optional.empty();
            case "off" -> Optional.of("the system property " + PROPERTY + " is off");
            default ->
                throw new IllegalStateException(PROPERTY + " must be on or off: " + System.getProperty(PROPERTY));
        };
    }

    private static Optional<String> refused() {
        try {
            new RingPoller().close();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** For the first wait of a socket; gives the number of its requests. */
    int add(RingSocket socket) throws SocketException {
        ring.lock();
        try {
            if (closed) {
                throw new SocketException("socket is closed");
            }
            return sockets.add(socket);
        } finally {
            ring.unlock();
        }
    }

    /** Asks for a block; the socket hears when it has come. */
    void receive(RingSocket socket) throws SocketException {
        lockFor(socket);
        try {
            socket.receiving();
            ring.receive(socket.descriptor(), socket.number());
        } finally {
            ring.unlock();
        }
    }

    /** Sends at most a block, and gives how much that is; the socket hears when it has been taken. */
    int send(RingSocket socket, byte[] source, int offset, int length) throws SocketException {
        int most = Math.min(length, SendBlocks.SIZE);
        lockFor(socket);
        try {
            int block = blocks.take(source, offset, most);
            socket.sending(block, most);
            ring.send(socket.descriptor(), blocks.address(block), most, socket.number());
            return most;
        } finally {
            ring.unlock();
        }
    }

    /** Sends what is left of a block. */
    void sendRest(RingSocket socket, int block, int from, int length) throws SocketException {
        lockFor(socket);
        try {
            ring.send(socket.descriptor(), blocks.address(block) + from, length, socket.number());
        } finally {
            ring.unlock();
        }
    }

    void giveBack(int block) {
        ring.lock();
        blocks.giveBack(block);
        ring.unlock();
    }

    /** The socket hears of it as of a send. */
    void awaitWritable(RingSocket socket) throws SocketException {
        lockFor(socket);
        try {
            socket.sending(RingSocket.NO_BLOCK, 0);
            ring.awaitWritable(socket.descriptor(), socket.number());
        } finally {
            ring.unlock();
        }
    }

    /** Octets that are there; 0 at the end, below 0 if there are none or it failed. */
    int receiveNow(RingSocket socket, byte[] target, int offset, int length) throws SocketException {
        lockFor(socket);
        try {
            int n = Libc.recv(socket.descriptor(), passage.address(), Math.min(length, Passage.BLOCK), Ring.DONT_WAIT);
            if (n > 0) {
                passage.octets().get(0, target, offset, n);
            }
            return n;
        } finally {
            ring.unlock();
        }
    }

    /** Octets for which there was room; below 0 if there was none or it failed. */
    int sendNow(RingSocket socket, byte[] source, int offset, int length) throws SocketException {
        int most = Math.min(length, Passage.BLOCK);
        lockFor(socket);
        try {
            passage.octets().put(0, source, offset, most);
            return Libc.send(socket.descriptor(), passage.address(), most, Ring.DONT_WAIT | Ring.NO_SIGNAL);
        } finally {
            ring.unlock();
        }
    }

    /** Any thread. What has been handed over to be sent is sent, as far as there is room. */
    void close(RingSocket socket) throws IOException {
        boolean quiet;
        ring.lock();
        try {
            if (!socket.markClosed()) {
                return;
            }
            quiet = closed || socket.isQuiet();
            if (!quiet) {
                ring.cancel(socket.descriptor());
                closeLater(socket);
            }
        } finally {
            ring.unlock();
        }
        if (quiet) {
            closeChannel(socket);
        }
    }

    /** With the lock. */
    private void closeLater(RingSocket socket) {
        socket.closeWhen(ring.asked());
        if (firstClosing == null) {
            firstClosing = socket;
        } else {
            lastClosing.closeBefore(socket);
        }
        lastClosing = socket;
    }

    @Override
    public void look() {
        ring.submit();
        closeDescriptors();
        ring.completed(dispatch);
    }

    @Override
    public void await(long nanos) {
        if (firstClosing != null) {
            ring.submit();
            closeDescriptors();
        }
        ring.await(nanos);
        ring.completed(dispatch);
    }

    @Override
    public void wakeup() {
        ring.wake();
    }

    @Override
    public Stream<? extends EventLoopSocket> sockets() {
        return sockets.all();
    }

    @Override
    public void close() {
        try {
            for (int i = 0; i < PATIENCE && sockets.any(); i++) {
                await(MILLI);
            }
        } finally {
            giveUp();
        }
    }

    private void giveUp() {
        ring.lock();
        closed = true;
        boolean idle = !sockets.any();
        ring.unlock();
        ring.close(idle);
        passage.unmap();
        if (idle) {
            blocks.unmap();
        }
    }

    private void lockFor(RingSocket socket) throws SocketException {
        ring.lock();
        if (socket.isClosed()) {
            ring.unlock();
            throw new SocketException("socket is closed");
        }
    }

    private void dispatch(int of, int operation, int result, byte[] octets) {
        if (operation == Ring.RECEIVE || operation == Ring.SEND) {
            RingSocket socket = sockets.get(of);
            if (operation == Ring.RECEIVE) {
                socket.received(result, octets);
            } else {
                socket.sent(result);
            }
            forgetIfGone(socket);
        }
    }

    private void closeDescriptors() {
        for (RingSocket next = nextToClose(); next != null; next = nextToClose()) {
            try {
                closeChannel(next);
            } catch (IOException e) {
                log.debug("{} not closed: {}", next, e.toString());
            }
        }
    }

    /** Null if there is none whose descriptor can be given up by now. */
    private RingSocket nextToClose() {
        if (firstClosing == null) {
            return null;
        }
        ring.lock();
        RingSocket first = firstClosing;
        boolean now = first != null && ring.isHandedOver(first.closesWhen());
        if (now) {
            firstClosing = first.closesBefore();
        }
        ring.unlock();
        return now ? first : null;
    }

    private void closeChannel(RingSocket socket) throws IOException {
        try {
            socket.closeChannel();
        } finally {
            forgetIfGone(socket);
        }
    }

    private void forgetIfGone(RingSocket socket) {
        if (socket.isGone()) {
            ring.lock();
            sockets.remove(socket);
            ring.unlock();
        }
    }
}
