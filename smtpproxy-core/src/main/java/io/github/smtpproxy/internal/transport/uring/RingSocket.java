package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.loop.EventLoop;
import io.github.smtpproxy.internal.transport.loop.EventLoopSocket;
import io.github.smtpproxy.internal.transport.loop.Waiter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;

/**
 * A socket of a loop that waits with an io_uring.
 *
 * <p>Small blocks are requested, one in each direction at a time. What is to be sent leaves when the loop next polls; the
 * next write waits until it has been taken, and throws if it was not. Large blocks go through calls of their own, which
 * move more at once; the ring then only waits for octets or room.
 *
 * <p>The channel is in blocking mode, because the kernel completes a request at once with EAGAIN if it is not.
 */
final class RingSocket extends EventLoopSocket {

    private final ReceiveRequest receiving = new ReceiveRequest();
    private final SendRequest sending = new SendRequest();

    private final Waiter reader = new Waiter() {
        @Override
        protected long due() {
            return readDue();
        }

        @Override
        protected boolean isDone() {
            return !receiving.isUnderWay() || isClosed();
        }
    };
    private final Waiter writer = new Waiter() {
        @Override
        protected long due() {
            return writeDue();
        }

        @Override
        protected boolean isDone() {
            return !sending.isUnderWay() || isClosed();
        }
    };

    private final SocketHandle handle;
    /** Null until the first wait, then always the same. */
    private volatile RingPoller poller;

    /** The reader's: whether more octets are likely to be there. */
    private boolean likely;
    /** The writer's: whether the last call of its own left no room. */
    private boolean full;

    RingSocket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops) throws IOException {
        super(channel, remote, loops);
        handle = new SocketHandle(channel);
    }

    @Override
    protected Waiter reader() {
        return reader;
    }

    @Override
    protected Waiter writer() {
        return writer;
    }

    @Override
    protected int receive(byte[] target, int offset, int length) throws IOException {
        if (isInputShutdown()) {
            return -1;
        }
        if (!receiving.isUnderWay() && !receiving.isAnswered()) {
            int n = likely ? receiveNow(target, offset, length) : DirectCalls.NOTHING;
            if (n != DirectCalls.NOTHING) {
                return n == 0 ? -1 : n;
            }
            poller().receive(this);
            loop().wake();
        }
        reader.await(loop());
        if (isClosed()) {
            throw new SocketException("socket is closed");
        }
        return receiving.isUnderWay() ? 0 : received(target, offset, length);
    }

    private int receiveNow(byte[] target, int offset, int length) throws SocketException {
        int n = poller.calls().receive(handle, target, offset, length);
        likely = n >= Math.min(length, DirectCalls.BLOCK);
        return n;
    }

    /** What the request has received, and if it was a whole block, what has come after it. */
    private int received(byte[] target, int offset, int length) throws SocketException {
        int n = receiving.read(target, offset, length);
        if (n <= 0 || receiving.isAnswered()) {
            return n;
        }
        likely = receiving.wasFull();
        if (!likely || n == length) {
            return n;
        }
        int more = receiveNow(target, offset + n, length - n);
        likely |= more == 0;
        return n + Math.max(more, 0);
    }

    @Override
    protected int received() {
        return receiving.available();
    }

    @Override
    protected int send(byte[] source, int offset, int length) throws IOException {
        awaitSent();
        if (sending.isUnderWay()) {
            return 0;
        }
        if (length > SendBlocks.SIZE) {
            boolean waited = full;
            if (full && !isWritable()) {
                return 0;
            }
            int n = sendNow(source, offset, length);
            if (n > 0 || !waited) {
                return Math.max(n, 0);
            }
            // there should be room: the request finds out what is wrong
        }
        int n = poller().send(this, source, offset, length);
        loop().wake();
        return n;
    }

    private int sendNow(byte[] source, int offset, int length) throws SocketException {
        int n = poller().calls().send(handle, source, offset, length);
        full = n < Math.min(length, DirectCalls.BLOCK);
        return n;
    }

    /** Waits once for room. */
    private boolean isWritable() throws SocketException {
        awaitWritable();
        return !sending.isUnderWay() && !isClosed();
    }

    @Override
    protected void awaitSent() throws SocketException {
        if (sending.isUnderWay()) {
            writer.await(loop());
        }
        if (isClosed() || isOutputShutdown()) {
            throw new SocketException(isClosed() ? "socket is closed" : "output is shut down");
        }
        sending.checkNotFailed();
    }

    @Override
    protected void awaitConnected() throws IOException {
        awaitWritable();
    }

    private void awaitWritable() throws SocketException {
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
        return handle.isClosed();
    }

    @Override
    public void close() throws IOException {
        if (poller == null && closedBeforeFirstWait()) {
            return;
        }
        poller.close(this);
        loop().wake();
        reader.wake();
        writer.wake();
    }

    private synchronized boolean closedBeforeFirstWait() throws IOException {
        if (poller == null) {
            handle.markClosed();
            handle.closeChannel();
        }
        return poller == null;
    }

    /** At the first wait. The monitor may pin the carrier on JDK 21, but nothing blocks while it is held. */
    private synchronized RingPoller register() throws SocketException {
        if (isClosed()) {
            throw new SocketException("socket is closed");
        }
        if (poller == null) {
            RingPoller chosen = (RingPoller) chooseLoop().poller();
            handle.open(chosen.add(this));
            poller = chosen;
        }
        return poller;
    }

    private RingPoller poller() throws SocketException {
        RingPoller mine = poller;
        return mine == null ? register() : mine;
    }

    // called by the poller

    ReceiveRequest receiving() {
        return receiving;
    }

    SendRequest sending() {
        return sending;
    }

    SocketHandle handle() {
        return handle;
    }

    /** Whether no request and no call is under way. With the ring's lock. */
    boolean isQuiet() {
        return !receiving.isUnderWay() && !sending.isUnderWay() && !handle.isInCall();
    }

    /** Whether no more completions will come, and its descriptor is closed. */
    boolean isGone() {
        return handle.isChannelClosed() && !receiving.isUnderWay() && !sending.isUnderWay();
    }
}
