package io.github.smtpproxy.internal.transport.loop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;

/**
 * A socket of a loop that waits with a selector.
 *
 * <p>A read that follows one that emptied the socket waits first, because the peer has not received our answer yet. All
 * other operations are tried first.
 */
final class SelectedSocket extends EventLoopSocket {

    private final Readiness readable = new Readiness() {
        @Override
        protected long due() {
            return readDue();
        }
    };
    private final Readiness writable = new Readiness() {
        @Override
        protected long due() {
            return writeDue();
        }
    };

    private volatile SelectionKey key;

    SelectedSocket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops) throws IOException {
        super(channel, remote, loops);
        channel.configureBlocking(false);
    }

    @Override
    protected Waiter reader() {
        return readable;
    }

    @Override
    protected Waiter writer() {
        return writable;
    }

    /** The selector reports these operations. */
    void signal(SelectionKey selected, int operations) {
        if ((operations & SelectionKey.OP_READ) != 0) {
            readable.signal(selected, SelectionKey.OP_READ);
        }
        int writing = SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;
        if ((operations & writing) != 0) {
            writable.signal(selected, writing);
        }
    }

    @Override
    protected int receive(byte[] target, int offset, int length) throws IOException {
        if (!readable.isLikely()) {
            await(readable, SelectionKey.OP_READ);
        }
        readable.setLikely(false);
        int n = take(target, offset, length);
        if (n < 0 || n >= Math.min(length, TransferBuffer.SIZE)) {
            readable.setLikely(true);
        }
        return n;
    }

    @Override
    protected int send(byte[] source, int offset, int length) throws IOException {
        writable.setLikely(false);
        int wanted = Math.min(length, TransferBuffer.SIZE);
        int n = give(source, offset, wanted);
        if (n < wanted) {
            await(writable, SelectionKey.OP_WRITE);
        }
        return n;
    }

    @Override
    protected void awaitConnected() throws IOException {
        await(writable, SelectionKey.OP_CONNECT);
        writable.setLikely(false);
    }

    @Override
    protected void connected() {
        // nothing changes
    }

    @Override
    protected int received() {
        return 0;
    }

    @Override
    protected void awaitSent() {
        // send() has given everything to the kernel
    }

    @Override
    public void shutdownInput() throws IOException {
        super.shutdownInput();
        readable.retry();
    }

    @Override
    public void shutdownOutput() throws IOException {
        super.shutdownOutput();
        writable.retry();
    }

    @Override
    public void close() throws IOException {
        channel().close();
        readable.retry();
        writable.retry();
        if (key != null) {
            // the selector closes the descriptor at its next select
            loop().wake();
        }
    }

    private void await(Readiness direction, int operation) throws IOException {
        if (key == null) {
            register(operation);
        }
        direction.await(key, loop(), operation);
    }

    /** At the first wait. The monitor may pin the carrier on JDK 21, but nothing blocks while it is held. */
    private synchronized void register(int operation) throws IOException {
        if (key == null) {
            EventLoop mine = chooseLoop();
            try {
                key = ((SelectorPoller) mine.poller()).register(this, operation);
            } catch (ClosedChannelException e) {
                throw asSocketException(e);
            }
            mine.wake();
        }
    }

    private int take(byte[] target, int offset, int length) throws SocketException {
        try {
            return buffer().read(channel(), target, offset, length);
        } catch (IOException e) {
            throw asSocketException(e);
        }
    }

    private int give(byte[] source, int offset, int length) throws SocketException {
        try {
            return buffer().write(channel(), source, offset, length);
        } catch (IOException e) {
            throw asSocketException(e);
        }
    }

    private TransferBuffer buffer() {
        EventLoop mine = loop() == null ? EventLoop.current() : loop();
        return mine == null ? TransferBuffer.JDK : ((SelectorPoller) mine.poller()).buffer();
    }
}
