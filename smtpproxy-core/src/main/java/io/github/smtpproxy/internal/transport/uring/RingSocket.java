package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Descriptors;
import io.github.smtpproxy.internal.transport.linux.Errno;
import io.github.smtpproxy.internal.transport.loop.EventLoop;
import io.github.smtpproxy.internal.transport.loop.EventLoopSocket;
import io.github.smtpproxy.internal.transport.loop.Passage;
import io.github.smtpproxy.internal.transport.loop.Waiter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;

/**
 * A socket of a loop that waits with an io_uring. It asks for one block at a time in either direction. What it is to
 * send leaves when the loop has done what else there was to do; the next write waits until it has been taken, and tells
 * if it was not. Large blocks, and what is likely to be there, go through calls of their own: these move more at once.
 *
 * <p>Its channel blocks: of one that does not, the kernel would not wait for octets or room.
 */
final class RingSocket extends EventLoopSocket {

    static final int NO_BLOCK = -1;

    private final Waiter reader = new Waiter() {
        @Override
        protected long due() {
            return readDue();
        }

        @Override
        protected boolean mayGoOn() {
            return !receiving || isClosed();
        }
    };
    private final Waiter writer = new Waiter() {
        @Override
        protected long due() {
            return writeDue();
        }

        @Override
        protected boolean mayGoOn() {
            return !sending || isClosed();
        }
    };

    /** Null until it is waited on for the first time; it never changes then, nor do number and descriptor. */
    private volatile RingPoller poller;

    private int number;
    private int descriptor;
    private volatile boolean closed;
    private volatile boolean channelClosed;

    /** Whether a request is under way; what came of it is the reader's from then on. */
    private volatile boolean receiving;

    private boolean answered;
    private boolean likely;
    private int result;
    private byte[] octets;
    private int position;

    private volatile boolean sending;
    /** An error's number, or 0. */
    private volatile int failure;

    private int closesWhen;
    private RingSocket closesBefore;

    private int block;
    private int from;
    private int to;

    RingSocket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops) throws IOException {
        super(channel, remote, loops);
    }

    @Override
    protected Waiter reader() {
        return reader;
    }

    @Override
    protected Waiter writer() {
        return writer;
    }

    int number() {
        return number;
    }

    int descriptor() {
        return descriptor;
    }

    @Override
    protected int receive(byte[] target, int offset, int length) throws IOException {
        if (isInputShutdown()) {
            return -1;
        }
        if (!receiving && !answered) {
            int n = likely ? poller.receiveNow(this, target, offset, length) : -1;
            likely = n >= Math.min(length, Passage.BLOCK);
            if (n >= 0) {
                return n == 0 ? -1 : n;
            }
            poller().receive(this);
            loop().wake();
        }
        reader.await(loop());
        if (isClosed()) {
            throw new SocketException("socket is closed");
        }
        return receiving ? 0 : received(target, offset, length);
    }

    private int received(byte[] target, int offset, int length) throws SocketException {
        if (result <= 0) {
            answered = false;
            if (result < 0 && !Errno.isPassing(result)) {
                throw Errno.of(-result);
            }
            return result == 0 ? -1 : 0;
        }
        int n = Math.min(length, result - position);
        System.arraycopy(octets, position, target, offset, n);
        position += n;
        if (position == result) {
            answered = false;
            octets = null;
            likely = result == ReceiveBuffers.SIZE;
        }
        return n;
    }

    @Override
    protected int received() {
        return !receiving && answered && result > 0 ? result - position : 0;
    }

    @Override
    protected int send(byte[] source, int offset, int length) throws IOException {
        awaitSent();
        if (sending) {
            return 0;
        }
        int n = length > SendBlocks.SIZE ? poller().sendNow(this, source, offset, length) : -1;
        if (n < 0) {
            n = poller().send(this, source, offset, length);
            loop().wake();
        }
        return n;
    }

    @Override
    protected void awaitSent() throws SocketException {
        if (sending) {
            writer.await(loop());
        }
        if (isClosed() || isOutputShutdown()) {
            throw new SocketException(isClosed() ? "socket is closed" : "output is shut down");
        }
        if (failure != 0) {
            throw Errno.of(failure);
        }
    }

    @Override
    protected void awaitConnected() throws IOException {
        poller().awaitWritable(this);
        loop().wake();
        writer.await(loop());
    }

    @Override
    protected void connected() throws IOException {
        channel().configureBlocking(true);
    }

    @Override
    public void shutdownInput() throws IOException {
        super.shutdownInput();
        reader.wake();
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() throws IOException {
        if (poller == null && closedUnknown()) {
            return;
        }
        poller.close(this);
        loop().wake();
        reader.wake();
        writer.wake();
    }

    /** @return whether no poller knows it */
    private synchronized boolean closedUnknown() throws IOException {
        if (poller == null) {
            closed = true;
            channel().close();
        }
        return poller == null;
    }

    /** For the first wait. Nothing waits in here, so the lock may hold its carrier on JDK 21. */
    private synchronized RingPoller register() throws SocketException {
        if (closed) {
            throw new SocketException("socket is closed");
        }
        if (poller == null) {
            RingPoller chosen = (RingPoller) chooseLoop().poller();
            descriptor = Descriptors.of(channel());
            number = chosen.add(this);
            poller = chosen;
        }
        return poller;
    }

    private RingPoller poller() throws SocketException {
        RingPoller mine = poller;
        return mine == null ? register() : mine;
    }

    // what follows is the poller's, which holds the ring's lock where it says so

    /** With the lock. */
    void receiving() {
        receiving = true;
    }

    void received(int octetsOrError, byte[] came) {
        result = octetsOrError;
        octets = came;
        position = 0;
        answered = true;
        receiving = false;
        reader.wake();
    }

    /** With the lock. */
    void sending(int inBlock, int length) {
        block = inBlock;
        from = 0;
        to = length;
        sending = true;
    }

    void sent(int octetsOrError) {
        if (octetsOrError < 0 && !Errno.isPassing(octetsOrError)) {
            failure = -octetsOrError;
        }
        from += Math.max(octetsOrError, 0);
        if (block == NO_BLOCK || from >= to || failure != 0 || !sendRest()) {
            if (block != NO_BLOCK) {
                poller.giveBack(block);
            }
            sending = false;
            writer.wake();
        }
    }

    private boolean sendRest() {
        try {
            poller.sendRest(this, block, from, to - from);
            return true;
        } catch (SocketException | OutOfMemoryError closedMeanwhile) {
            return false;
        }
    }

    /** With the lock: whether it was open. */
    boolean markClosed() {
        boolean wasOpen = !closed;
        closed = true;
        return wasOpen;
    }

    /** With the lock: whether nothing has been asked for that is not done. */
    boolean isQuiet() {
        return !receiving && !sending;
    }

    /** With the lock: its descriptor is given up when so much has been handed over. */
    void closeWhen(int asked) {
        closesWhen = asked;
    }

    int closesWhen() {
        return closesWhen;
    }

    /** With the lock: the next whose descriptor is given up. */
    void closeBefore(RingSocket next) {
        closesBefore = next;
    }

    /** Null if there is none. */
    RingSocket closesBefore() {
        return closesBefore;
    }

    void closeChannel() throws IOException {
        try {
            channel().close();
        } finally {
            channelClosed = true;
        }
    }

    /** Whether the poller will hear no more of it. */
    boolean isGone() {
        return channelClosed && isQuiet();
    }
}
