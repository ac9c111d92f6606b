package io.github.smtpproxy.internal.transport;

import io.github.smtpproxy.internal.wire.BlockInputStream;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A socket whose waits are an event loop's: that of the virtual thread that waits on it first, so that both sockets of a
 * session have one loop. Any thread may use it, one to read and one to write at a time; those that the loop does not
 * carry pay a hand-over for each wait. {@link #close} and the shutdowns may come from any.
 *
 * <p>After a read that left nothing behind the next one waits before it tries: the other side has not heard our answer
 * yet. All else is tried first.
 */
final class EventLoopSocket extends ChannelSocket {

    private final Supplier<EventLoop> loops;
    private final Readiness readable = new Readiness() {
        @Override
        long due() {
            return expired ? 0 : Math.min(due, readDue);
        }
    };
    private final Readiness writable = new Readiness() {
        @Override
        long due() {
            return due;
        }
    };
    /** Null until it is waited on for the first time; it never changes then. */
    private EventLoop loop;

    private volatile SelectionKey key;
    private volatile long due = Clock.NEVER;
    private volatile long readDue = Clock.NEVER;
    private volatile int soTimeout;
    private volatile boolean expired;
    private volatile boolean inputShut;
    private volatile boolean outputShut;

    private EventLoopSocket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
            throws IOException {
        super(channel, remote);
        this.loops = loops;
    }

    /** @param loops asked for one where the thread that waits first has none */
    static EventLoopSocket of(SocketChannel connected, Supplier<EventLoop> loops) throws IOException {
        connected.configureBlocking(false);
        return new EventLoopSocket(connected, (InetSocketAddress) connected.getRemoteAddress(), loops);
    }

    static EventLoopSocket connect(
            SocketChannel channel, InetSocketAddress to, Duration timeout, Supplier<EventLoop> loops)
            throws IOException {
        channel.configureBlocking(false);
        boolean connected = channel.connect(to);
        EventLoopSocket socket = new EventLoopSocket(channel, to, loops);
        try {
            if (!connected) {
                socket.finishConnect(timeout);
            }
            return socket;
        } catch (IOException e) {
            // by then it may be registered, and a registered channel is not closed by itself
            socket.close();
            throw e;
        }
    }

    Deadline deadline() {
        return new ArmedDeadline();
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

    /** @return when it wants to be asked again */
    long wakeIfOverdue(long now) {
        return Math.min(readable.wakeIfOverdue(now), writable.wakeIfOverdue(now));
    }

    /** Its loop has ended. */
    void abandon() {
        try {
            close();
        } catch (IOException closedAnyway) {
            // there is nobody left to tell
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        refuseIf(inputShut, "input is shut down");
        return new Input();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        refuseIf(outputShut, "output is shut down");
        return new Output();
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        if (millis < 0) {
            throw new IllegalArgumentException("SO_TIMEOUT must be 0 or more: " + millis);
        }
        refuseIf(false, "");
        soTimeout = millis;
    }

    @Override
    public int getSoTimeout() throws SocketException {
        refuseIf(false, "");
        return soTimeout;
    }

    @Override
    public void shutdownInput() throws IOException {
        refuseIf(inputShut, "input is shut down");
        inputShut = true;
        channel().shutdownInput();
        readable.retry();
    }

    @Override
    public void shutdownOutput() throws IOException {
        refuseIf(outputShut, "output is shut down");
        outputShut = true;
        channel().shutdownOutput();
        writable.retry();
    }

    @Override
    public boolean isInputShutdown() {
        return inputShut;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShut;
    }

    @Override
    public void close() throws IOException {
        channel().close();
        readable.retry();
        writable.retry();
        if (key != null) {
            // a registered channel is closed by its selector
            loop.wake();
        }
    }

    private void finishConnect(Duration timeout) throws IOException {
        due = now() + timeout.toNanos();
        // one that is near has often answered by now
        while (!channel().finishConnect() && !overdue(writable, "connect timed out")) {
            await(writable, SelectionKey.OP_CONNECT);
            writable.likely(false);
        }
        due = Clock.NEVER;
    }

    private int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        readDue = soTimeout == 0
                ? Clock.NEVER
                : now() + Duration.ofMillis(soTimeout).toNanos();
        int n = 0;
        while (n == 0 && !overdue(readable, "nothing came in time")) {
            if (!readable.isLikely()) {
                await(readable, SelectionKey.OP_READ);
            }
            readable.likely(false);
            n = take(target, offset, length);
        }
        if (n < 0 || n >= Math.min(length, Passage.BLOCK)) {
            readable.likely(true);
        }
        return n;
    }

    private void write(byte[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        int left = length;
        while (left > 0 && !overdue(writable, "nothing was taken in time")) {
            writable.likely(false);
            int wanted = Math.min(left, Passage.BLOCK);
            int n = give(source, offset + length - left, wanted);
            left -= n;
            if (n < wanted) {
                await(writable, SelectionKey.OP_WRITE);
            }
        }
    }

    private void await(Readiness direction, int operation) throws IOException {
        if (key == null) {
            register(operation);
        }
        direction.await(key, loop, operation);
    }

    /** For the first wait. Nothing waits in here, so the lock may hold its carrier on JDK 21. */
    private synchronized void register(int operation) throws IOException {
        if (key == null) {
            EventLoop current = EventLoop.current();
            loop = current != null ? current : loops.get();
            try {
                key = loop.register(this, operation);
            } catch (ClosedChannelException e) {
                throw asSocketException(e);
            }
        }
    }

    /** @return false; it throws if it is */
    private boolean overdue(Readiness direction, String message) throws SocketTimeoutException {
        if (direction.isOverdue(now())) {
            expired |= due <= now();
            throw new SocketTimeoutException(message);
        }
        return false;
    }

    private void refuseIf(boolean shut, String message) throws SocketException {
        if (isClosed() || shut) {
            throw new SocketException(isClosed() ? "socket is closed" : message);
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
        if (isClosed()) {
            throw new TooLate();
        }
        try {
            return passage().write(channel(), source, offset, length);
        } catch (IOException e) {
            throw asSocketException(e);
        }
    }

    private Passage passage() {
        EventLoop mine = loop == null ? EventLoop.current() : loop;
        return mine == null ? Passage.JDKS : mine.passage();
    }

    /** What a channel throws, in the terms of sockets. */
    private SocketException asSocketException(IOException e) {
        if (e instanceof SocketException already) {
            return already;
        }
        String closed = isClosed() ? "socket is closed" : "output is shut down";
        return new SocketException(e instanceof ClosedChannelException ? closed : e.getMessage());
    }

    private long now() {
        EventLoop mine = loop;
        return mine == null ? Clock.now() : mine.now();
    }

    /** Without a stack trace: SubEtha has a last word in each session that the relay has ended, and writes it here. */
    private static final class TooLate extends SocketException {
        private static final long serialVersionUID = 1;

        TooLate() {
            super("socket is closed");
        }

        @Override
        public Throwable fillInStackTrace() {
            return this;
        }
    }

    private final class Input extends BlockInputStream {
        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return EventLoopSocket.this.read(target, offset, length);
        }

        @Override
        public int available() throws IOException {
            refuseIf(false, "");
            return inputShut ? 0 : options().getInputStream().available();
        }

        @Override
        public void close() throws IOException {
            EventLoopSocket.this.close();
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            EventLoopSocket.this.write(source, offset, length);
        }

        @Override
        public void close() throws IOException {
            EventLoopSocket.this.close();
        }
    }

    private final class ArmedDeadline implements Deadline {
        @Override
        public void arm(Duration timeout) {
            due = now() + timeout.toNanos();
        }

        @Override
        public void disarm() {
            due = Clock.NEVER;
        }

        @Override
        public boolean expired() {
            return expired;
        }

        @Override
        public void expire() {
            expired = true;
            readable.wake();
        }

        @Override
        public void close() {
            // it goes with its socket
        }
    }
}
