package io.github.smtpproxy.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * A connection to a service, with a limit of its whole time. It closes when the limit is over and when a thread that waits for
 * it is interrupted. Used by one thread at a time; any may close it.
 */
public final class ServiceConnection implements AutoCloseable {

    /** After which the thread of the clock ends where no connection is open. */
    private static final int IDLE_SECONDS = 2;

    private static final ScheduledExecutorService CLOCK = clock();

    private final SocketChannel channel;
    private ScheduledFuture<?> end;
    private Optional<SSLSocket> tls = Optional.empty();

    private ServiceConnection(SocketChannel channel, Duration limit) {
        this.channel = channel;
        this.end = closeAfter(limit);
    }

    private ScheduledFuture<?> closeAfter(Duration limit) {
        return CLOCK.schedule(this::closeQuietly, limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Sets the limit anew: how long from now until the connection is closed. */
    public void limit(Duration limit) {
        Objects.requireNonNull(limit, "limit");
        end.cancel(false);
        end = closeAfter(limit);
    }

    /** Whether it is open on this side; the service may have closed it. */
    public boolean isOpen() {
        return channel.isOpen();
    }

    /**
     * Connects.
     *
     * @param limit from now until the connection is closed
     */
    public static ServiceConnection open(ServiceAddress address, Duration limit) throws IOException {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(limit, "limit");
        SocketAddress where = address.resolve();
        SocketChannel channel = where instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
        ServiceConnection connection = new ServiceConnection(channel, limit);
        try {
            channel.connect(where);
            return connection;
        } catch (ClosedChannelException atTheLimit) {
            throw new SocketTimeoutException("no connection to " + address + " within " + limit);
        } catch (IOException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Goes on in TLS; the certificate must be trusted and name the host.
     *
     * @param host as it is in the certificate
     */
    public void secure(String host, int port) throws IOException {
        Objects.requireNonNull(host, "host");
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        SSLSocket secured = (SSLSocket) factory.createSocket(channel.socket(), host, port, true);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        tls = Optional.of(secured);
    }

    /** What the service sends. */
    public InputStream in() throws IOException {
        return tls.isPresent() ? tls.get().getInputStream() : Channels.newInputStream(channel);
    }

    /** What the service gets; not buffered. */
    public OutputStream out() throws IOException {
        return tls.isPresent() ? tls.get().getOutputStream() : Channels.newOutputStream(channel);
    }

    /**
     * Looks at what the service has sent, without waiting: reads one octet of it at most. Not in TLS.
     *
     * @return the number of octets read; -1 where the service has closed
     */
    public int glance() throws IOException {
        // before JDK 21 the stream of a channel does not tell
        channel.configureBlocking(false);
        try {
            return channel.read(ByteBuffer.allocate(1));
        } finally {
            if (channel.isOpen()) {
                channel.configureBlocking(true);
            }
        }
    }

    /** Signals to the service that nothing more comes. */
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        end.cancel(false);
        channel.close();
    }

    private void closeQuietly() {
        try {
            channel.close();
        } catch (IOException closed) {
            // nobody can use it any more
        }
    }

    private static ScheduledExecutorService clock() {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "smtpproxy-services");
            thread.setDaemon(true);
            return thread;
        });
        clock.setRemoveOnCancelPolicy(true);
        clock.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        clock.allowCoreThreadTimeOut(true);
        return clock;
    }
}
