package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.Permits.Permit;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus.State;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Looks at a server that takes so many connections and no more. */
class ProbesTest {

    private final Network network = PlainNetwork.start();
    private final ScriptedDestination server = ScriptedDestination.start();
    private final Destination destination = server.destination();
    private final Destinations destinations = new Destinations(status -> {});
    private final DestinationState state = destinations.state(destination);
    private final List<Boolean> asked = new ArrayList<>();
    private Optional<Permit> permit = Optional.empty();
    private int released;

    private final Probes probes = new Probes(
            List.of(destination),
            network,
            Timeouts.defaults(),
            destinations,
            (where, mayEvict) -> {
                asked.add(mayEvict);
                return permit;
            },
            "proxy.test");

    @AfterEach
    void close() {
        probes.close();
        network.close();
        server.close();
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            probes.look(destination);
        }
    }

    @Test
    void a_place_is_used_and_given_back() {
        permit = Optional.of(() -> released++);
        look(2);
        assertThat(server.heard("NOOP")).hasSize(2);
        assertThat(released).isEqualTo(2);
        server.on("connect").fail(Fault.CLOSE);
        look(5);
        assertThat(released).isEqualTo(7);
        assertThat(state.health().state()).isEqualTo(State.EJECTED);
    }

    @Test
    void where_all_places_are_used_what_the_server_answers_there_shows_how_it_is() {
        state.succeeded();
        look(1);
        state.succeeded();
        look(1);
        assertThat(server.connections()).isZero();
        assertThat(asked).as("no idle connection is closed for it").containsExactly(false, false);
    }

    @Test
    void where_nothing_is_answered_there_a_probe_goes_beside() {
        look(2);
        assertThat(server.heard("NOOP")).hasSize(2);
        assertThat(asked).containsExactly(true, true);
        server.on("connect").fail(Fault.CLOSE);
        look(5);
        assertThat(state.health().state()).isEqualTo(State.EJECTED);
    }

    @Test
    void one_beside_counts_for_reachability_and_as_far_as_it_comes() {
        server.on("connect").fail(Fault.CLOSE);
        look(1);
        assertThat(state.status().isReachable()).isFalse();
        server.on("connect").reply("220 dest.test ESMTP");
        look(1);
        assertThat(state.status().isReachable()).isTrue();
        server.on("EHLO").fail(Fault.CLOSE);
        look(5);
        assertThat(state.health().state()).isEqualTo(State.EJECTED);
    }

    /** The same server with other settings, such as another login. */
    @Test
    void what_is_answered_to_others_at_the_same_server_shows_how_it_is() {
        destinations.state(destination.helloName(HelloName.own())).succeeded();
        look(1);
        assertThat(server.connections()).isZero();
    }

    @Test
    void beside_them_a_server_may_have_no_room_and_be_well() {
        server.on("connect").reply("421 4.7.0 Too many connections");
        look(7);
        assertThat(server.connections()).isEqualTo(7);
        assertThat(state.health().state()).isEqualTo(State.UP);
    }
}
