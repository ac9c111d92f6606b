package io.github.smtpproxy;

import io.github.smtpproxy.event.ProxyStatus;
import io.github.smtpproxy.internal.downstream.Beside;
import io.github.smtpproxy.internal.downstream.ConnectionPool;
import io.github.smtpproxy.internal.downstream.Destinations;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.listener.Ports;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.PoolStatus;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A running SMTP proxy: each command of a client is relayed to a destination at once, and the destination's reply is
 * the client's reply. Nothing is stored. All methods may be called from any thread, a filter's among them.
 *
 * <pre>{@code
 * try (SmtpProxy proxy = SmtpProxy.builder()
 *         .listen(2525)
 *         .router(Router.to(Destination.at("mail.internal", 25)))
 *         .start()) { ... }
 * }</pre>
 */
public final class SmtpProxy implements ProxyStatus, AutoCloseable {

    private static final Duration MAX_DRAIN = Duration.ofDays(1);

    /** How long {@link #close} waits for sessions to end with a reply. */
    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final Ports ports;
    private final Destinations destinations;
    private final Optional<ConnectionPool> pool;
    /** What runs beside the sessions. */
    private final List<Beside> beside;

    private final Network network;
    private final Listeners listeners;
    private final AtomicBoolean draining;
    private final AtomicBoolean closed = new AtomicBoolean();

    SmtpProxy(
            Ports ports,
            Destinations destinations,
            Optional<ConnectionPool> pool,
            List<Beside> beside,
            Network network,
            Listeners listeners,
            AtomicBoolean draining) {
        this.pool = pool;
        this.listeners = listeners;
        this.beside = beside;
        this.ports = ports;
        this.destinations = destinations;
        this.network = network;
        this.draining = draining;
    }

    /** A builder; at least {@code listen} and {@code router} are needed. */
    public static SmtpProxyBuilder builder() {
        return new SmtpProxyBuilder();
    }

    /**
     * Where it listens, with the port that was taken where port 0 was asked for.
     *
     * @throws IllegalStateException if it listens at several addresses: see {@link #addresses}
     */
    public InetSocketAddress address() {
        List<InetSocketAddress> all = addresses();
        if (all.size() > 1) {
            throw new IllegalStateException("address() needs a single endpoint, but addresses() are " + all);
        }
        return all.get(0);
    }

    /** Where it listens, in the order in which the endpoints were given. */
    @Override
    public List<InetSocketAddress> addresses() {
        return ports.addresses();
    }

    /** Whether it takes sessions: true until {@link #drain} or {@link #close} is called. */
    @Override
    public boolean isRunning() {
        return !closed.get();
    }

    /** How many sessions there are, at all endpoints together. */
    @Override
    public int activeSessions() {
        return ports.activeSessions();
    }

    /**
     * The destinations that sessions have connected to or that the router had in reach at start, in no order. Of more than
     * 1,000, those without a connection may be missing.
     */
    @Override
    public List<DestinationStatus> destinations() {
        return destinations.all();
    }

    /** The pools of connections, one for each server that has some or is waited for, in no order; none without multiplexing. */
    @Override
    public List<PoolStatus> pools() {
        return pool.map(ConnectionPool::status).orElse(List.of());
    }

    /** What carries its sessions, for people to read, such as {@code plain sockets}. */
    public String transport() {
        return network.toString();
    }

    /**
     * Gives a destination no new sessions and transactions; those that it has go on. Where it is the only one of a route,
     * clients get what they get when it cannot be reached. Until {@link #resume}.
     */
    public void drain(Destination destination) {
        Objects.requireNonNull(destination, "destination");
        destinations.drain(destination, true);
    }

    /** Gives a destination that was drained sessions and transactions again. */
    public void resume(Destination destination) {
        Objects.requireNonNull(destination, "destination");
        destinations.drain(destination, false);
    }

    /**
     * Ends service in good order: no new sessions, running transactions end, all others get {@code 421 4.3.2}; what still runs
     * when the time is over is broken off. Then it is closed.
     *
     * @param limit how long running transactions may take: 0 to 1 day
     */
    public void drain(Duration limit) {
        Objects.requireNonNull(limit, "limit");
        if (limit.isNegative() || limit.compareTo(MAX_DRAIN) > 0) {
            throw new IllegalArgumentException("limit must be between 0 and 1 day, was " + limit);
        }
        if (closed.compareAndSet(false, true)) {
            draining.set(true);
            ports.drain(limit);
            ports.close();
            beside.forEach(Beside::close);
            network.close();
            listeners.notifyAll("proxyClosed", listener -> listener.proxyClosed(this));
        }
    }

    /** Ends service at once; sessions that wait for their client get {@code 421 4.3.2}. Returns within a few seconds. */
    @Override
    public void close() {
        drain(FAREWELL);
    }
}
