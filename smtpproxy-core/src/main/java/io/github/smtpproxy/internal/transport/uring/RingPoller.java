package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Descriptors;
import io.github.smtpproxy.internal.transport.linux.Libc;
import io.github.smtpproxy.internal.transport.loop.EventLoop;
import io.github.smtpproxy.internal.transport.loop.EventLoopSocket;
import io.github.smtpproxy.internal.transport.loop.Poller;
import io.github.smtpproxy.internal.transport.loop.TransferBuffer;
import io.github.smtpproxy.internal.transport.uring.SendBlocks.Block;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits with an io_uring: the call that waits also submits what all sockets are to send and to receive. This class is the
 * door to the package.
 *
 * <p>The number of a closed descriptor may at once belong to another socket. So a descriptor is closed only when the
 * kernel has taken all requests for it, and no thread is in a call of ours with it; see {@link #close(RingSocket)}.
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

    /** The result of a call that would have to wait, or that failed: a request to the ring then tells why. */
    static final int NOTHING = -1;

    private static final Logger log = LoggerFactory.getLogger(RingPoller.class);
    private static final long MILLI = 1_000_000;
    /** How often a poller that closes looks whether its cancelled requests have completed. */
    private static final int CLOSING_POLLS = 100;

    private final Ring ring = new Ring();
    private final Ring.Listener dispatch = this::dispatch;
    private final SendBlocks blocks = new SendBlocks();
    private final TransferBuffer transfer = TransferBuffer.allocate();
    private final long transferAddress = address(transfer);
    /** With the ring's lock. */
    private final RingSockets sockets = new RingSockets();

    /** The sockets whose descriptors are to be closed, linked, so that closing needs no memory. With the ring's lock. */
    private volatile RingSocket firstClosing;

    private RingSocket lastClosing;

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

    private static long address(TransferBuffer transfer) {
        ByteBuffer buffer = transfer.take();
        transfer.giveBack(buffer);
        return Libc.address(buffer);
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

    /** Requests a block; the socket is told when it has come. */
    void receive(RingSocket socket) throws SocketException {
        lockForRequest(socket);
        try {
            socket.receiving();
            ring.receive(socket.descriptor(), socket.number());
        } finally {
            ring.unlock();
        }
    }

    /** Requests to send one block at most, and returns its length; the socket is told when it has been taken. */
    int send(RingSocket socket, byte[] source, int offset, int length) throws SocketException {
        int most = Math.min(length, SendBlocks.SIZE);
        Block block = blocks.take();
        boolean requested = false;
        try {
            block.put(source, offset, most);
            lockForRequest(socket);
            try {
                socket.sending(block, most);
                ring.send(socket.descriptor(), block.address(), most, socket.number());
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

    /** Requests to send the rest of a block. */
    void sendRest(RingSocket socket, Block block, int from, int length) throws SocketException {
        lockForRequest(socket);
        try {
            ring.send(socket.descriptor(), block.address() + from, length, socket.number());
        } finally {
            ring.unlock();
        }
    }

    void giveBack(Block block) {
        blocks.giveBack(block);
    }

    /** Requests to wait for room; the socket is told as of a send. */
    void awaitWritable(RingSocket socket) throws SocketException {
        lockForRequest(socket);
        try {
            socket.sending(null, 0);
            ring.awaitWritable(socket.descriptor(), socket.number());
        } finally {
            ring.unlock();
        }
    }

    /** Reads what is there without a request. Returns the octets read, 0 at the end, or {@link #NOTHING}. */
    int receiveNow(RingSocket socket, byte[] target, int offset, int length) throws SocketException {
        ByteBuffer buffer = transfer.take();
        if (buffer == null) {
            return NOTHING;
        }
        try {
            int most = Math.min(length, TransferBuffer.SIZE);
            beginCall(socket);
            int n;
            try {
                n = Libc.recv(socket.descriptor(), transferAddress, most, Libc.MSG_DONTWAIT);
            } finally {
                endCall(socket);
            }
            if (n > 0) {
                buffer.get(0, target, offset, n);
            }
            return n;
        } finally {
            transfer.giveBack(buffer);
        }
    }

    /** Writes as much as there is room for without a request. Returns the octets written, or {@link #NOTHING}. */
    int sendNow(RingSocket socket, byte[] source, int offset, int length) throws SocketException {
        ByteBuffer buffer = transfer.take();
        if (buffer == null) {
            return NOTHING;
        }
        try {
            int most = Math.min(length, TransferBuffer.SIZE);
            buffer.put(0, source, offset, most);
            beginCall(socket);
            try {
                return Libc.send(socket.descriptor(), transferAddress, most, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            } finally {
                endCall(socket);
            }
        } finally {
            transfer.giveBack(buffer);
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

    private void beginCall(RingSocket socket) throws SocketException {
        ring.lock();
        boolean open = !socket.isClosed();
        if (open) {
            socket.beginCall();
        }
        ring.unlock();
        if (!open) {
            throw new SocketException("socket is closed");
        }
    }

    private void endCall(RingSocket socket) {
        ring.lock();
        boolean closedMeanwhile = socket.endCall() && socket.isClosed();
        boolean noLoop = ring.isClosed();
        ring.unlock();
        if (closedMeanwhile && noLoop) {
            closeChannel(socket);
        } else if (closedMeanwhile) {
            ring.wake();
        }
    }

    // closing a socket

    /** Any thread. What has been requested to be sent is sent, as far as there is room. */
    void close(RingSocket socket) {
        boolean now;
        if (ring.lockForRequest()) {
            boolean first = socket.markClosed();
            now = first && socket.isQuiet();
            if (first && !now) {
                ring.cancel(socket.descriptor());
                closeLater(socket);
            }
        } else {
            ring.lock();
            now = socket.markClosed() && !socket.isInCall();
        }
        ring.unlock();
        if (now) {
            closeChannel(socket);
        }
    }

    /** With the lock. */
    private void closeLater(RingSocket socket) {
        socket.closeWhenSubmitted(ring.requested());
        if (firstClosing == null) {
            firstClosing = socket;
        } else {
            lastClosing.setNextClosing(socket);
        }
        lastClosing = socket;
    }

    private void closeDescriptors() {
        for (RingSocket next = nextToClose(); next != null; next = nextToClose()) {
            closeChannel(next);
        }
    }

    /** Null if there is none whose descriptor can be closed by now. */
    private RingSocket nextToClose() {
        if (firstClosing == null) {
            return null;
        }
        ring.lock();
        RingSocket first = firstClosing;
        boolean now = first != null && !first.isInCall() && ring.isSubmitted(first.closesWhenSubmitted());
        if (now) {
            firstClosing = first.nextClosing();
        }
        ring.unlock();
        return now ? first : null;
    }

    private void closeChannel(RingSocket socket) {
        try {
            socket.closeChannel();
        } catch (IOException e) {
            log.debug("{} not closed: {}", socket, e.toString());
        }
        forgetIfGone(socket);
    }

    private void forgetIfGone(RingSocket socket) {
        if (socket.isGone()) {
            ring.lock();
            sockets.remove(socket);
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
        if (firstClosing != null) {
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
                socket.received(result, octets);
            } else {
                socket.sent(result);
            }
            forgetIfGone(socket);
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
