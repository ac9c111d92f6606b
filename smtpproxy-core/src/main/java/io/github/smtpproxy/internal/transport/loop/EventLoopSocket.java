package io.github.smtpproxy.internal.transport.loop;

import io.github.smtpproxy.internal.transport.ChannelSocket;
import io.github.smtpproxy.internal.wire.BlockInputStream;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A socket whose threads wait in an event loop. The loop is the one that carries the first thread to wait on it, so both
 * sockets of a session have the same. How a thread waits and how octets move is left to the subclass, which belongs to a
 * kind of {@link Poller}.
 *
 * <p>Any thread may use it, one to read and one to write at a time; {@link #close} and the shutdowns may be called by any
 * other thread meanwhile. A thread that the loop does not carry pays a hand-over for each wait.
 */
public abstract class EventLoopSocket extends ChannelSocket {

    private final Supplier<EventLoop> loops;
    /** Null until the first wait, then always the same. */
    private volatile EventLoop loop;

    private volatile long due = Clock.NEVER;
    private volatile long readDue = Clock.NEVER;
    private volatile int soTimeout;
    private volatile boolean expired;
    private volatile boolean inputShut;
    private volatile boolean outputShut;

    /** @param loops gives a loop where the first thread to wait has none */
    protected EventLoopSocket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
            throws IOException {
        super(channel, remote);
        this.loops = loops;
    }

    protected abstract Waiter reader();

    protected abstract Waiter writer();

    /** Reads, waiting once if nothing is likely to be there. Returns the octets read, 0 for none, below 0 at the end. */
    protected abstract int receive(byte[] target, int offset, int length) throws IOException;

    /** Writes, waiting once if there is no room. Returns the octets taken. */
    protected abstract int send(byte[] source, int offset, int length) throws IOException;

    /** Waits once until the connection is established or refused. */
    protected abstract void awaitConnected() throws IOException;

    /** Called when the connection is established. */
    protected abstract void connected() throws IOException;

    /** The octets that have been received and not read yet, beside those that the kernel has. */
    protected abstract int received();

    /** Waits once until the kernel has everything that was sent. */
    protected abstract void awaitSent() throws IOException;

    @Override
    public abstract void close() throws IOException;

    Deadline deadline() {
        return new LoopDeadline();
    }

    /** Returns when to ask again. */
    final long wakeIfOverdue(long now) {
        return Math.min(reader().wakeIfOverdue(now), writer().wakeIfOverdue(now));
    }

    protected final long readDue() {
        return expired ? 0 : Math.min(due, readDue);
    }

    protected final long writeDue() {
        return due;
    }

    /** Called when its loop has ended. */
    void abandon() {
        try {
            close();
        } catch (IOException closedAnyway) {
            // nobody uses it any more
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        checkOpen(inputShut, "input is shut down");
        return new Input();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        checkOpen(outputShut, "output is shut down");
        return new Output();
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        if (millis < 0) {
            throw new IllegalArgumentException("SO_TIMEOUT must be 0 or more, was " + millis);
        }
        checkOpen(false, "");
        soTimeout = millis;
    }

    @Override
    public int getSoTimeout() throws SocketException {
        checkOpen(false, "");
        return soTimeout;
    }

    @Override
    public void shutdownInput() throws IOException {
        checkOpen(inputShut, "input is shut down");
        inputShut = true;
        channel().shutdownInput();
    }

    @Override
    public void shutdownOutput() throws IOException {
        checkOpen(outputShut, "output is shut down");
        awaitSent();
        outputShut = true;
        channel().shutdownOutput();
    }

    @Override
    public boolean isInputShutdown() {
        return inputShut;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShut;
    }

    final void finishConnect(Duration timeout) throws IOException {
        due = now() + timeout.toNanos();
        // a peer that is near has often answered by now
        while (!channel().finishConnect()) {
            checkNotOverdue(writer(), "connect timed out");
            awaitConnected();
        }
        due = Clock.NEVER;
        connected();
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
        while (n == 0) {
            checkNotOverdue(reader(), "nothing was received in time");
            n = receive(target, offset, length);
        }
        return n;
    }

    private void write(byte[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        int left = length;
        while (left > 0) {
            checkNotOverdue(writer(), "the peer took nothing in time");
            if (isClosed()) {
                throw new SocketException("socket is closed");
            }
            left -= send(source, offset + length - left, left);
        }
    }

    /** The loop that its threads wait in, or null. */
    protected final EventLoop loop() {
        return loop;
    }

    /** Chooses its loop, at the first wait. */
    protected final EventLoop chooseLoop() {
        EventLoop current = EventLoop.current();
        loop = current != null ? current : loops.get();
        return loop;
    }

    private void checkNotOverdue(Waiter direction, String message) throws SocketTimeoutException {
        if (direction.isOverdue(now())) {
            expired |= due <= now();
            throw new SocketTimeoutException(message);
        }
    }

    private void checkOpen(boolean shut, String message) throws SocketException {
        if (isClosed() || shut) {
            throw new SocketException(isClosed() ? "socket is closed" : message);
        }
    }

    /** What a channel threw, as a socket would throw it. */
    protected final SocketException asSocketException(IOException e) {
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

    private final class Input extends BlockInputStream {
        /** Needed before each block that is written; null until then. */
        private InputStream kernel;

        private int availableInKernel() throws IOException {
            if (kernel == null) {
                kernel = options().getInputStream();
            }
            return kernel.available();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return EventLoopSocket.this.read(target, offset, length);
        }

        @Override
        public int available() throws IOException {
            checkOpen(false, "");
            return inputShut ? 0 : received() + availableInKernel();
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

    private final class LoopDeadline implements Deadline {
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
            reader().wake();
        }

        @Override
        public void close() {
            // it goes with its socket
        }
    }
}
