package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.transport.ChannelSocket;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** A {@link WatchedSocket} over a channel that blocks. */
final class WatchedChannelSocket extends ChannelSocket implements Watched {

    private final InetSocketAddress remote;
    private final Watchdog.Watched deadline;

    WatchedChannelSocket(SocketChannel channel, InetSocketAddress remote, Watchdog watchdog) throws IOException {
        super(channel, remote);
        this.remote = remote;
        this.deadline = watchdog.watch(this);
    }

    @Override
    public Deadline deadline() {
        return deadline;
    }

    void connect(Duration timeout) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            options().connect(remote, (int) timeout.toMillis());
        } finally {
            UninterruptedOutput.restore(interrupted);
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new WatchedInput(options().getInputStream(), deadline);
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new UninterruptedOutput(options().getOutputStream());
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        options().setSoTimeout(millis);
    }

    @Override
    public int getSoTimeout() throws SocketException {
        return options().getSoTimeout();
    }

    @Override
    public void shutdownInput() throws IOException {
        options().shutdownInput();
    }

    @Override
    public void shutdownOutput() throws IOException {
        options().shutdownOutput();
    }

    @Override
    public boolean isInputShutdown() {
        return options().isInputShutdown();
    }

    @Override
    public boolean isOutputShutdown() {
        return options().isOutputShutdown();
    }

    @Override
    public void close() throws IOException {
        deadline.close();
        channel().close();
    }
}
