package io.github.smtpproxy;

import io.github.smtpproxy.internal.listener.SubEthaListener;
import io.github.smtpproxy.internal.transport.Network;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A running SMTP proxy: each command of a client is relayed to a destination at once, and the destination's answer is
 * the client's answer. Nothing is stored. All methods may be called from any thread, a filter's among them.
 *
 * <pre>{@code
 * try (SmtpProxy proxy = SmtpProxy.builder()
 *         .listen(2525)
 *         .router(Router.to(Destination.at("mail.internal", 25)))
 *         .start()) { ... }
 * }</pre>
 */
public final class SmtpProxy implements AutoCloseable {

    private static final Duration MAX_PATIENCE = Duration.ofDays(1);

    /** How long {@link #close} lets sessions hear that they are closed. */
    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final SubEthaListener listener;
    private final Network network;
    private final AtomicBoolean draining;
    private final AtomicBoolean closed = new AtomicBoolean();

    SmtpProxy(SubEthaListener listener, Network network, AtomicBoolean draining) {
        this.listener = listener;
        this.network = network;
        this.draining = draining;
    }

    /** A builder; at least {@code listen} and {@code router} are to be said. */
    public static SmtpProxyBuilder builder() {
        return new SmtpProxyBuilder();
    }

    /** Where it listens; with the port that was taken where port 0 was asked for. */
    public InetSocketAddress address() {
        return listener.address();
    }

    /**
     * Ends service in good order: no new sessions, running transactions end, all else hears {@code 421 4.3.2}; what still
     * runs when the time is over is broken off. Then it is closed.
     *
     * @param patience how long running transactions may take: 0 to 1 day
     */
    public void drain(Duration patience) {
        Objects.requireNonNull(patience, "patience");
        if (patience.isNegative() || patience.compareTo(MAX_PATIENCE) > 0) {
            throw new IllegalArgumentException("patience is 0 to 1 day, not " + patience);
        }
        if (closed.compareAndSet(false, true)) {
            draining.set(true);
            listener.drain(patience);
            listener.stop();
            network.close();
        }
    }

    /** Ends service at once; sessions that only wait hear {@code 421 4.3.2}. Returns within a few seconds. */
    @Override
    public void close() {
        drain(FAREWELL);
    }
}
