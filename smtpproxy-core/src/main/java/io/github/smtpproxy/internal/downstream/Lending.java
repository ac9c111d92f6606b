package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.internal.downstream.ServerPool.Place;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;

/** What a session gets for its place in a pool: the connection that is there, if it is fit, or a new one. Any thread. */
final class Lending {

    private final Pool settings;
    private final Network network;
    private final Timeouts timeouts;
    private final Destinations destinations;
    private final Discarding discarding;
    private final BiConsumer<Destination, Extensions> learnt;

    /** @param learnt gets what a destination offers, whoever the client is */
    Lending(
            Pool settings,
            Network network,
            Timeouts timeouts,
            Destinations destinations,
            Discarding discarding,
            BiConsumer<Destination, Extensions> learnt) {
        this.settings = settings;
        this.network = network;
        this.timeouts = timeouts;
        this.destinations = destinations;
        this.discarding = discarding;
        this.learnt = learnt;
    }

    Lent lend(Place place, PoolKey key, Borrower borrower) {
        try {
            place.evicted().ifPresent(evicted -> discarding.idle(evicted, Discard.EVICTED));
            Optional<Lent> present =
                    place.connection().filter(c -> isFit(c, borrower)).flatMap(c -> name(c, key, borrower));
            Lent lent = present.orElseGet(() -> open(key, borrower, isRefused(place)));
            lent.connection().ifPresent(PooledConnection::used);
            return lent;
        } catch (RuntimeException | Error e) {
            // nobody else knows of it any more
            place.connection().ifPresent(c -> c.downstream().close());
            throw e;
        }
    }

    private static boolean isRefused(Place place) {
        return place.connection().filter(PooledConnection::isRefused).isPresent();
    }

    /** Looks whether one that nobody used is still what it was when it was given back. */
    private boolean isFit(PooledConnection connection, Borrower borrower) {
        connection.state().idle(-1);
        connection.downstream().lendTo(borrower.log());
        long now = System.nanoTime();
        Optional<Discard> end = connection.end(settings, now);
        if (end.isEmpty() && connection.hasRested()) {
            borrower.probes(connection.downstream());
            end = connection.downstream().probe() ? end : Optional.of(Discard.LOST);
        }
        end.ifPresent(why -> discarding.used(connection, why));
        return end.isEmpty();
    }

    /**
     * Names the client of the transaction, where another one was named before.
     *
     * @return empty where a new connection is needed
     */
    private Optional<Lent> name(PooledConnection connection, PoolKey key, Borrower borrower) {
        if (connection.names(key.client())) {
            return Optional.of(Lent.of(connection));
        }
        borrower.probes(connection.downstream());
        Hello hello = new Hello(true, key.hello());
        Handshake handshake = handshake(connection, borrower);
        Answer answer = handshake.nameAnother(hello, borrower.hello().orElse(hello), connection.given());
        if (answer.isPositive()) {
            connection.named(key.client(), handshake.given());
            return Optional.of(Lent.of(connection));
        }
        connection.refused(answer.isPermanent());
        boolean lost = connection.downstream().isLost();
        discarding.used(connection, lost ? Discard.LOST : Discard.ONE_CLIENT);
        // a login that failed would fail again
        return answer.failure().filter(f -> lost && f != Failure.LOST).map(f -> Lent.failed(f, false));
    }

    Handshake handshake(PooledConnection connection, Borrower borrower) {
        return new Handshake(connection.downstream(), network, borrower.log(), borrower.announcement());
    }

    /** @param refused whether the server has refused XCLIENT for the same client on a connection of another one */
    private Lent open(PoolKey key, Borrower borrower, boolean refused) {
        long began = System.nanoTime();
        DestinationState state = destinations.state(key.destination());
        // drained since the borrower began to wait; for one that is gone nothing would be opened
        if (state.isDrained() || borrower.isGone()) {
            return Lent.failed(Failure.UNREACHABLE, borrower.isGone());
        }
        BreakableNetwork breakable = new BreakableNetwork(network);
        borrower.connects(breakable);
        Hello hello = new Hello(true, key.hello());
        Opening opening =
                new Opening(breakable, timeouts, hello, borrower.hello().orElse(hello));
        borrower.listener().connectStarted(key.destination());
        Opening.Result result = opening.open(key.destination(), borrower.log(), borrower.announcement(), state);
        borrower.listener().connectEnded(key.destination(), result.greeting());
        long now = System.nanoTime();
        result.downstream().ifPresent(d -> learn(key.destination(), d));
        if (refused && result.downstream().isPresent()) {
            // it is not the client that it refuses
            state.takesOneClient();
        }
        return result.downstream()
                .map(d -> new PooledConnection(key, d, state, network.carrier(), result.given(), now))
                .map(Lent::of)
                .orElseGet(() -> Lent.failed(
                        result.answer().failure().orElse(Failure.UNREACHABLE),
                        result.answer().isPermanent()))
                .opening(Duration.ofNanos(now - began));
    }

    private void learn(Destination from, Downstream downstream) {
        switch (from.announcement()) {
            case NONE, XFORWARD -> learnt.accept(from, downstream.extensions());
            // what is offered may depend on the client
            case PROXY_V1, PROXY_V2, XCLIENT -> {}
        }
    }
}
