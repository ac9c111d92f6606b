package io.github.smtpproxy.internal.transport.loop;

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
 * A socket whose waits are an event loop's: that of the virtual thread that waits on it first, so that both sockets of a
 * session have one loop. Any thread may use it, one to read and one to write at a time; those that the loop does not
 * carry pay a hand-over for each wait. {@link #close} and the shutdowns may come from any.
 *
 * <p>How it waits and how octets move is left to the subclass, which goes with the loop's {@link Poller}.
 */
public abstract class EventLoopSocket extends ChannelSocket {

    private final Supplier<EventLoop> loops;
    /** Null until it is waited on for the first time; it never changes then. */
    private volatile EventLoop loop;

    private volatile long due = Clock.NEVER;
    private volatile long readDue = Clock.NEVER;
    private volatile int soTimeout;
    private volatile boolean expired;
    private volatile boolean inputShut;
    private volatile boolean outputShut;

    /** @param loops asked for one where the thread that waits first has none */
    protected EventLoopSocket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
            throws IOException {
        super(channel, remote);
        this.loops = loops;
    }

    protected abstract Waiter reader();

    protected abstract Waiter writer();

    /** Waits if nothing is likely to be there; octets read, 0 if there were none, below 0 at the end. */
    protected abstract int receive(byte[] target, int offset, int length) throws IOException;

    /** Octets that were taken; waits if there is no room. */
    protected abstract int send(byte[] source, int offset, int length) throws IOException;

    /** Waits until the connection is there or refused. */
    protected abstract void awaitConnected() throws IOException;

    /** The connection is there. */
    protected abstract void connected() throws IOException;

    /** Octets that wait in here. */
    protected abstract int received();

    /** Waits until all that was sent has been taken. */
    protected abstract void awaitSent() throws IOException;

    @Override
    public abstract void close() throws IOException;

    Deadline deadline() {
        return new ArmedDeadline();
    }

    /** @return when it wants to be asked again */
    final long wakeIfOverdue(long now) {
        return Math.min(reader().wakeIfOverdue(now), writer().wakeIfOverdue(now));
    }

    protected final long readDue() {
        return expired ? 0 : Math.min(due, readDue);
    }

    protected final long writeDue() {
        return due;
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
    }

    @Override
    public void shutdownOutput() throws IOException {
        refuseIf(outputShut, "output is shut down");
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
        // one that is near has often answered by now
        while (!channel().finishConnect() && !overdue(writer(), "connect timed out")) {
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
        while (n == 0 && !overdue(reader(), "nothing came in time")) {
            n = receive(target, offset, length);
        }
        return n;
    }

    private void write(byte[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        int left = length;
        while (left > 0 && !overdue(writer(), "nothing was taken in time")) {
            if (isClosed()) {
                throw new TooLate();
            }
            left -= send(source, offset + length - left, left);
        }
    }

    /** The loop that it waits in, if it has waited already. */
    protected final EventLoop loop() {
        return loop;
    }

    /** For the first wait: that of the session's thread. */
    protected final EventLoop chooseLoop() {
        EventLoop current = EventLoop.current();
        loop = current != null ? current : loops.get();
        return loop;
    }

    /** @return false; it throws if it is */
    private boolean overdue(Waiter direction, String message) throws SocketTimeoutException {
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

    /** What a channel throws, in the terms of sockets. */
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
        /** Asked before each block that is written; null until then. */
        private InputStream kernels;

        private int withTheKernel() throws IOException {
            if (kernels == null) {
                kernels = options().getInputStream();
            }
            return kernels.available();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return EventLoopSocket.this.read(target, offset, length);
        }

        @Override
        public int available() throws IOException {
            refuseIf(false, "");
            return inputShut ? 0 : received() + withTheKernel();
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
            reader().wake();
        }

        @Override
        public void close() {
            // it goes with its socket
        }
    }
}
