package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Descriptors;
import io.github.smtpproxy.internal.transport.linux.Libc;
import io.github.smtpproxy.internal.transport.loop.EventLoop;
import io.github.smtpproxy.internal.transport.loop.EventLoopSocket;
import io.github.smtpproxy.internal.transport.loop.Poller;
import io.github.smtpproxy.internal.transport.uring.SendBlocks.Block;
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
 * Waits with an io_uring: the call that waits also submits what all sockets are to send and to receive. This class is the
 * door to the package.
 */
public class RingPoller implements Poller {

    public static final Factory FACTORY = new Factory() {
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

    /** A system property: with {@code off}, event loops wait with selectors even if there is an io_uring. */
    static final String PROPERTY = "smtpproxy.io-uring";

    private static final Logger log = LoggerFactory.getLogger(RingPoller.class);
    private static final long MILLI = 1_000_000;
    /** How often a poller that closes looks whether its cancelled requests have completed. */
    private static final int CLOSING_POLLS = 100;

    private final Ring ring = new Ring();
    private final Ring.Listener dispatch = this::dispatch;
    private final SendBlocks blocks = new SendBlocks();
    private final DirectCalls calls = new DirectCalls(ring, this::closeChannel);
    /** With the ring's lock. */
    private final RingSockets sockets = new RingSockets();

    private final ClosingHandles closing = new ClosingHandles(ring);

    protected RingPoller() throws IOException {}

    /** Why there is no io_uring here, and what would help; empty if there is. It is found out by trying. */
    public static Optional<String> unavailable() {
        return switchedOff().or(Descriptors::unavailable).or(Libc::unavailable).or(RingPoller::refused);
    }

    private static Optional<String> switchedOff() {
        return switch (System.getProperty(PROPERTY, "on")) {
            case "on" -> Optional.empty();
            case "off" -> Optional.of("the system property " + PROPERTY + " is off");
            default ->
                throw new IllegalStateException(PROPERTY + " must be on or off, was " + System.getProperty(PROPERTY));
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

    DirectCalls calls() {
        return calls;
    }

    // what sockets ask for

    /** Called at the first wait of a socket; returns the number of its requests. */
    int add(RingSocket socket) throws SocketException {
        ring.lock();
        try {
            if (ring.isClosed()) {
                throw new SocketException("socket is closed");
            }
            return sockets.add(socket);
        } finally {
            ring.unlock();
        }
    }

    /** Requests a block; its reader is woken when it has come. */
    void receive(RingSocket socket) throws SocketException {
        lockForRequest(socket);
        try {
            socket.receiving().begin();
            ring.receive(socket.handle().descriptor(), socket.handle().number());
        } finally {
            ring.unlock();
        }
    }

    /** Requests to send one block at most, and returns its length; its writer is woken when it has been taken. */
    int send(RingSocket socket, byte[] source, int offset, int length) throws SocketException {
        int most = Math.min(length, SendBlocks.SIZE);
        Block block = blocks.take();
        boolean requested = false;
        try {
            block.put(source, offset, most);
            lockForRequest(socket);
            try {
                socket.sending().begin(block, most);
                ring.send(
                        socket.handle().descriptor(),
                        block.address(),
                        most,
                        socket.handle().number());
                requested = true;
            } finally {
                ring.unlock();
            }
            return most;
        } finally {
            if (!requested) {
                blocks.giveBack(block);
            }
        }
    }

    /** Requests to wait for room; its writer is woken when there is some. */
    void awaitWritable(RingSocket socket) throws SocketException {
        lockForRequest(socket);
        try {
            socket.sending().beginWaitForRoom();
            ring.awaitWritable(socket.handle().descriptor(), socket.handle().number());
        } finally {
            ring.unlock();
        }
    }

    private void lockForRequest(RingSocket socket) throws SocketException {
        boolean open = ring.lockForRequest();
        if (open && socket.isClosed()) {
            ring.unlock();
            open = false;
        }
        if (!open) {
            throw new SocketException("socket is closed");
        }
    }

    // closing a socket

    /** Any thread. What has been requested to be sent is sent, as far as there is room. */
    void close(RingSocket socket) {
        SocketHandle handle = socket.handle();
        boolean now;
        if (ring.lockForRequest()) {
            boolean first = handle.markClosed();
            now = first && socket.isQuiet();
            if (first && !now) {
                ring.cancel(handle.descriptor());
                closing.add(handle);
            }
        } else {
            ring.lock();
            now = handle.markClosed() && !handle.isInCall();
        }
        ring.unlock();
        if (now) {
            closeChannel(handle);
        }
    }

    private void closeDescriptors() {
        for (SocketHandle next = closing.poll(); next != null; next = closing.poll()) {
            closeChannel(next);
        }
    }

    private void closeChannel(SocketHandle handle) {
        RingSocket socket = sockets.get(handle.number());
        try {
            handle.closeChannel();
        } catch (IOException e) {
            log.debug("{} not closed: {}", handle, e.toString());
        }
        forgetIfGone(socket);
    }

    private void forgetIfGone(RingSocket socket) {
        if (socket.isGone()) {
            ring.lock();
            sockets.remove(socket.handle().number(), socket);
            ring.unlock();
        }
    }

    // the loop

    @Override
    public void pollNow() {
        ring.submit();
        closeDescriptors();
        ring.completed(dispatch);
    }

    @Override
    public void poll(long nanos) {
        if (closing.any()) {
            ring.submit();
            closeDescriptors();
        }
        ring.await(nanos);
        ring.completed(dispatch);
    }

    private void dispatch(int number, int purpose, int result, byte[] octets) {
        if (purpose == Ring.RECEIVE || purpose == Ring.SEND) {
            RingSocket socket = sockets.get(number);
            if (purpose == Ring.RECEIVE) {
                socket.receiving().complete(result, octets);
                socket.reader().wake();
            } else {
                sent(socket, result);
            }
            forgetIfGone(socket);
        }
    }

    private void sent(RingSocket socket, int result) {
        if (socket.sending().hasRestAfter(result)) {
            try {
                sendRest(socket);
                return;
            } catch (SocketException | OutOfMemoryError closedMeanwhile) {
                // the rest is not sent
            }
        }
        socket.sending().complete(blocks);
        socket.writer().wake();
    }

    private void sendRest(RingSocket socket) throws SocketException {
        SendRequest sending = socket.sending();
        lockForRequest(socket);
        try {
            ring.send(
                    socket.handle().descriptor(),
                    sending.restAddress(),
                    sending.restLength(),
                    socket.handle().number());
        } finally {
            ring.unlock();
        }
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
        boolean idle = false;
        try {
            for (int i = 0; i < CLOSING_POLLS && sockets.any(); i++) {
                poll(MILLI);
            }
            idle = !sockets.any();
        } finally {
            ring.close(idle);
            if (idle) {
                blocks.unmap();
            }
        }
    }
}
