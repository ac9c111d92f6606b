package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.internal.downstream.ServerPool.Place;
import io.github.smtpproxy.internal.downstream.ServerPool.Waiter;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.PoolStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that transactions share. One is lent to one transaction at a time, and only where nothing tells it from a new
 * one: no reply is pending, the server has sent nothing else, and it has forgotten the transaction before ({@link
 * Downstream#reset}). All else is discarded, with a reason. Any thread.
 */
public final class ConnectionPool implements Beside, Permits {

    private static final Logger log = LoggerFactory.getLogger(ConnectionPool.class);

    private static final Duration SWEEP = Duration.ofSeconds(1);
    private static final String NOBODY = "pool";

    private final Pool settings;
    private final Network network;
    private final Discarding discarding;
    private final Lending lending;
    private final AtomicBoolean begun = new AtomicBoolean();
    private volatile boolean closed;
    private final Map<String, ServerPool> servers = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor clock =
            new ScheduledThreadPoolExecutor(1, ConnectionPool::daemon, new ThreadPoolExecutor.DiscardPolicy());

    /**
     * @param discarded gets what is discarded, and why
     * @param learnt gets what a destination offers, whoever the client is
     */
    public ConnectionPool(
            Pool settings,
            Network network,
            Timeouts timeouts,
            Destinations destinations,
            BiConsumer<Destination, Discard> discarded,
            BiConsumer<Destination, Extensions> learnt) {
        this.settings = settings;
        this.network = network;
        this.discarding = new Discarding(discarded);
        this.lending = new Lending(settings, network, timeouts, destinations, discarding, learnt);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "smtpproxy-pool");
        thread.setDaemon(true);
        return thread;
    }

    /** How its connections are used, for each server. */
    public List<PoolStatus> status() {
        return servers.entrySet().stream()
                .map(server -> server.getValue().status(server.getKey()))
                .toList();
    }

    /**
     * Lends a connection; waits for one where all are used.
     *
     * @param borrower the session, which can end its waits
     */
    Lent lend(PoolKey key, Borrower borrower) {
        if (begun.compareAndSet(false, true)) {
            clock.scheduleWithFixedDelay(this::sweep, SWEEP.toMillis(), SWEEP.toMillis(), TimeUnit.MILLISECONDS);
        }
        AtomicBoolean waited = new AtomicBoolean();
        Consumer<Waiter> waiting = waiter -> {
            waited.set(true);
            borrower.waits(waiter);
        };
        Optional<Place> place = take(key.destination(), s -> s.acquire(key, borrower.client(), waiting));
        if (place.isEmpty()) {
            // who has waited for one server as long as the pool allows does not wait for the next
            return Lent.failed(Failure.EXHAUSTED, waited.get());
        }
        boolean used = false;
        try {
            Lent lent = lending.lend(place.get(), key, borrower);
            used = lent.connection().isPresent();
            return lent;
        } finally {
            if (!used) {
                release(key.destination());
            }
        }
    }

    /** A place at a server, which stays as long as somebody has one. */
    private Optional<Place> take(Destination at, Function<ServerPool, Optional<Place>> way) {
        ServerPool server = server(at);
        Optional<Place> place = way.apply(server);
        while (place.isEmpty() && server.isClosed() && !closed) {
            // it was given up since nobody used it
            server = server(at);
            place = way.apply(server);
        }
        return place;
    }

    private ServerPool server(Destination at) {
        return servers.computeIfAbsent(at.toString(), s -> new ServerPool(settings, network::carrier));
    }

    /** Gives a place back that was taken there. */
    private void release(Destination at) {
        servers.get(at.toString()).release();
    }

    @Override
    public Optional<Permit> permit(Destination to, boolean mayEvict) {
        return take(to, s -> s.tryEmpty(mayEvict)).map(place -> permit(to, place));
    }

    private Permit permit(Destination at, Place place) {
        try {
            place.evicted().ifPresent(evicted -> discarding.idle(evicted, Discard.EVICTED));
            return () -> release(at);
        } catch (RuntimeException | Error e) {
            release(at);
            throw e;
        }
    }

    Handshake handshake(PooledConnection connection, Borrower borrower) {
        return lending.handshake(connection, borrower);
    }

    /**
     * Makes a connection fit for another transaction, when its own has ended; it still belongs to its session, which can break
     * it off.
     *
     * @return why it cannot be lent again; empty if it can
     */
    Optional<Discard> settle(PooledConnection connection) {
        Downstream downstream = connection.downstream();
        if (!downstream.isLost() && downstream.isInMessage()) {
            return Optional.of(Discard.LOST);
        }
        if (!downstream.isLost() && downstream.hasTransaction() && !downstream.reset()) {
            return Optional.of(Discard.NOT_RESET);
        }
        return isOneClients(connection.key().destination()) ? Optional.of(Discard.ONE_CLIENT) : Optional.empty();
    }

    /**
     * Takes a connection back, which nobody but the pool has by now.
     *
     * @param unfit why it cannot be lent again
     */
    void giveBack(PooledConnection connection, Optional<Discard> unfit) {
        boolean kept = false;
        try {
            Optional<Discard> end = unfit.isPresent() ? unfit : connection.end(settings, System.nanoTime());
            end.ifPresent(why -> discarding.used(connection, why));
            kept = end.isEmpty() && keep(connection);
        } finally {
            if (!kept) {
                release(connection.key().destination());
            }
        }
    }

    /** Whether it has its place still. */
    private boolean keep(PooledConnection connection) {
        Wire.Log nobody = new Wire.Log(Wire.NO_TRANSCRIPT, NOBODY, Transcript.Lane.DESTINATION);
        connection.downstream().lendTo(nobody);
        connection.idle(System.nanoTime());
        connection.state().idle(1);
        boolean over = server(connection.key().destination()).release(connection);
        if (over) {
            discarding.idle(connection, Discard.CLOSED);
        }
        return !over;
    }

    private static boolean isOneClients(Destination destination) {
        return switch (destination.announcement()) {
            case PROXY_V1, PROXY_V2 -> true;
            case NONE, XCLIENT, XFORWARD -> false;
        };
    }

    /** One that failed would be the last. */
    private void sweep() {
        try {
            long now = System.nanoTime();
            Executor aside = network.threads();
            discardIdle(c -> c.idleFor(now) >= settings.idle().toNanos(), Discard.IDLE, aside);
            discardIdle(c -> c.state().isDrained(), Discard.CLOSED, aside);
            servers.keySet().forEach(name -> servers.computeIfPresent(name, (n, s) -> s.closeIfUnused() ? null : s));
        } catch (RuntimeException | Error e) {
            log.error("cannot look after connections that nobody uses", e);
        }
    }

    /** @param where to wait for the replies to QUIT: a server that is slow does not keep back the others */
    private void discardIdle(Predicate<PooledConnection> fits, Discard why, Executor where) {
        for (ServerPool server : servers.values()) {
            for (PooledConnection connection : server.takeIdle(fits)) {
                Runnable end = () -> endIdle(server, connection, why);
                try {
                    where.execute(end);
                } catch (RuntimeException | Error noThread) {
                    end.run();
                }
            }
        }
    }

    /** Only then another one may be opened: the server counts this one as long as it is there. */
    private void endIdle(ServerPool server, PooledConnection connection, Discard why) {
        try {
            discarding.idle(connection, why);
        } catch (RuntimeException | Error e) {
            log.error("cannot end a connection to {}", connection.key().destination(), e);
        } finally {
            server.release();
        }
    }

    /** Closes what nobody uses, and lends nothing more; what is used is closed when it is given back. */
    @Override
    public void close() {
        closed = true;
        discarding.atOnce();
        clock.shutdownNow();
        servers.values().forEach(ServerPool::close);
        discardIdle(c -> true, Discard.CLOSED, Runnable::run);
    }
}
