package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.wire.AnnouncedClient;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus.State;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pool has each place again, also where a session fails between the loan and its transaction. */
class PooledDownstreamTest {

    private static final Wire.Log NAME = new Wire.Log(Wire.NO_TRANSCRIPT, "s1", Transcript.Lane.DESTINATION);
    private static final Envelope NOTHING_KNOWN = new Envelope(
            (Session) Proxy.newProxyInstance(
                    Session.class.getClassLoader(), new Class<?>[] {Session.class}, (proxy, method, arguments) -> {
                        throw new UnsupportedOperationException(method.getName());
                    }),
            Optional.empty(),
            Optional.empty());

    private final Network network = PlainNetwork.start();
    private final ScriptedDestination destination = ScriptedDestination.start();
    private final Destinations destinations = new Destinations(status -> {});
    private final ConnectionPool pool = new ConnectionPool(
            Pool.max(1), network, Timeouts.defaults(), destinations, (where, why) -> {}, (where, offered) -> {});

    @AfterEach
    void close() {
        pool.close();
        network.close();
        destination.close();
    }

    @Test
    void an_error_behind_the_loan_costs_no_place() {
        PooledDownstream failing = session(new NoMemory());
        assertThatThrownBy(() -> failing.ensure(destination.destination(), NOTHING_KNOWN))
                .isInstanceOf(OutOfMemoryError.class);
        assertThat(pool.status()).singleElement().satisfies(server -> {
            assertThat(server.active()).isZero();
            assertThat(server.idle()).isZero();
        });
        await().until(() -> destination.connections() == 1 && destination.openConnections() == 0);
    }

    @Test
    void one_that_no_transaction_got_is_given_back_before_the_next_and_at_the_end() {
        PooledDownstream session = session(new Quiet());
        assertThat(session.ensure(destination.destination(), NOTHING_KNOWN)).isEmpty();
        assertThat(session.ensure(destination.destination(), NOTHING_KNOWN)).isEmpty();
        assertThat(destination.connections()).isEqualTo(2);
        session.ended();
        assertThat(pool.status())
                .singleElement()
                .satisfies(server -> assertThat(server.active()).isZero());
        await().until(() -> destination.openConnections() == 0);
    }

    @Test
    void one_that_a_transaction_has_stays() {
        PooledDownstream session = session(new Quiet());
        assertThat(session.ensure(destination.destination(), NOTHING_KNOWN)).isEmpty();
        Lease lease = session.lease();
        assertThat(session.ensure(destination.destination(), NOTHING_KNOWN)).isEmpty();
        assertThat(lease.downstream().isLost()).isFalse();
        lease.ended();
        session.ended();
        assertThat(pool.status())
                .singleElement()
                .satisfies(server -> assertThat(server.idle()).isEqualTo(1));
    }

    @Test
    void five_clients_that_hang_up_while_their_connection_is_opened_eject_no_server() {
        destination.on("connect").fail(Fault.STALL);
        for (int i = 0; i < 5; i++) {
            PooledDownstream session = session(new Quiet());
            CompletableFuture<Optional<Failure>> opening = CompletableFuture.supplyAsync(
                    () -> session.ensure(destination.destination(), NOTHING_KNOWN), task -> new Thread(task).start());
            int number = i + 1;
            await().until(() -> destination.connections() == number);
            session.abort();
            assertThat(opening.join()).isPresent();
        }
        assertThat(destinations.all())
                .singleElement()
                .satisfies(status -> assertThat(status.state()).isEqualTo(State.UP));
    }

    private PooledDownstream session(SessionDownstream.Listener listener) {
        return new PooledDownstream(
                pool,
                destinations,
                (group, candidates, envelope) -> candidates.get(0),
                Duration.ofSeconds(5),
                NAME,
                "proxy.test",
                new Anybody(),
                listener);
    }

    private static final class Anybody implements SessionDownstream.Client {
        @Override
        public AnnouncedClient announced() {
            InetSocketAddress address = new InetSocketAddress("192.0.2.1", 1);
            return new AnnouncedClient(ClientAttributes.of(address, address));
        }

        @Override
        public Optional<Hello> hello() {
            return Optional.empty();
        }

        @Override
        public boolean isExtended() {
            return true;
        }
    }

    private static class Quiet implements SessionDownstream.Listener {
        @Override
        public void connectStarted(Destination to) {
            // nobody looks
        }

        @Override
        public void connectEnded(Destination to, Answer greeting) {
            // nobody looks
        }

        @Override
        public void leased(io.github.smtpproxy.event.Lease lease) {
            // nobody looks
        }

        @Override
        public void returned(io.github.smtpproxy.event.Lease lease, Duration used) {
            // nobody looks
        }
    }

    private static final class NoMemory extends Quiet {
        @Override
        public void leased(io.github.smtpproxy.event.Lease lease) {
            throw new OutOfMemoryError("not in truth");
        }
    }
}
