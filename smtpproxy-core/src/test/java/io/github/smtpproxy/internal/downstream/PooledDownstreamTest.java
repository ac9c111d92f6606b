package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
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

    private static final class NoMemory implements SessionDownstream.Listener {
        @Override
        public void connectStarted(Destination to) {
            // there is memory for that
        }

        @Override
        public void connectEnded(Destination to, Answer greeting) {
            // and for that
        }

        @Override
        public void leased(io.github.smtpproxy.event.Lease lease) {
            throw new OutOfMemoryError("not in truth");
        }

        @Override
        public void returned(io.github.smtpproxy.event.Lease lease, Duration used) {
            // nothing was used
        }
    }
}
