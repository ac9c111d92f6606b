package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.downstream.ServerPool.Place;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which of the connections that nobody uses is lent. */
@Timeout(60)
class ServerPoolTest {

    private static final Wire.Log NAME = new Wire.Log(Wire.NO_TRANSCRIPT, "s1", Transcript.Lane.DESTINATION);
    private static final String ONE_LOOP = "one";
    private static final String ANOTHER_LOOP = "another";

    private final Network network = PlainNetwork.start();
    private final ScriptedDestination destination = ScriptedDestination.start();
    private final PoolKey key = new PoolKey(destination.destination(), "proxy.test", Optional.empty());
    private final DestinationState state = DestinationState.ofNobody(destination.destination());
    private final Pool settings = Pool.max(3);
    private final List<Downstream> opened = new ArrayList<>();
    private Object carrier = ONE_LOOP;
    private final ServerPool pool = new ServerPool(settings, () -> carrier);

    @AfterEach
    void close() {
        opened.forEach(Downstream::close);
        destination.close();
        network.close();
    }

    private Place acquire() {
        return pool.acquire(key, "client", waiter -> {}).orElseThrow();
    }

    /** Opened by a thread of this carrier, and given back. */
    private PooledConnection idle(Object openedBy) throws IOException {
        assertThat(acquire().connection()).isEmpty();
        Downstream downstream = new Connector(network, Timeouts.defaults(), NAME)
                .connect(destination.destination(), Optional.empty(), state);
        opened.add(downstream);
        return new PooledConnection(key, downstream, state, openedBy, Set.of(), System.nanoTime());
    }

    @Test
    void the_last_used_of_the_same_carrier_is_lent_and_else_the_last_used() throws IOException {
        PooledConnection first = idle(ONE_LOOP);
        PooledConnection second = idle(ONE_LOOP);
        PooledConnection other = idle(ANOTHER_LOOP);
        List.of(first, second, other).forEach(pool::release);

        assertThat(acquire().connection()).containsSame(second);
        assertThat(acquire().connection()).containsSame(first);
        assertThat(acquire().connection()).containsSame(other);

        List.of(other, first, second).forEach(pool::release);
        carrier = ANOTHER_LOOP;
        assertThat(acquire().connection()).containsSame(other);
        assertThat(acquire().connection()).containsSame(second);
    }
}
