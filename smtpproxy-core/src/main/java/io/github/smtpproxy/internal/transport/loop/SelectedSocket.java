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
 * <p>After a read that left nothing behind the next one waits before it tries: the other side has not heard our answer
 * yet. All else is tried first.
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

    /** The selector's word. On the loop's thread. */
    void ready(SelectionKey selected, int operations) {
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
        readable.likely(false);
        int n = take(target, offset, length);
        if (n < 0 || n >= Math.min(length, Passage.BLOCK)) {
            readable.likely(true);
        }
        return n;
    }

    @Override
    protected int send(byte[] source, int offset, int length) throws IOException {
        writable.likely(false);
        int wanted = Math.min(length, Passage.BLOCK);
        int n = give(source, offset, wanted);
        if (n < wanted) {
            await(writable, SelectionKey.OP_WRITE);
        }
        return n;
    }

    @Override
    protected void awaitConnected() throws IOException {
        await(writable, SelectionKey.OP_CONNECT);
        writable.likely(false);
    }

    @Override
    protected void connected() {
        // it goes on as it is
    }

    @Override
    protected int received() {
        return 0;
    }

    @Override
    protected void awaitSent() {
        // what was sent is with the kernel
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
            // a registered channel is closed by its selector
            loop().wake();
        }
    }

    private void await(Readiness direction, int operation) throws IOException {
        if (key == null) {
            register(operation);
        }
        direction.await(key, loop(), operation);
    }

    /** For the first wait. Nothing waits in here, so the lock may hold its carrier on JDK 21. */
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
            return passage().read(channel(), target, offset, length);
        } catch (IOException e) {
            throw asSocketException(e);
        }
    }

    private int give(byte[] source, int offset, int length) throws SocketException {
        try {
            return passage().write(channel(), source, offset, length);
        } catch (IOException e) {
            throw asSocketException(e);
        }
    }

    private Passage passage() {
        EventLoop mine = loop() == null ? EventLoop.current() : loop();
        return mine == null ? Passage.JDKS : ((SelectorPoller) mine.poller()).passage();
    }
}
