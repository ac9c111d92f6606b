package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is offered where the route is not known yet, when destinations do not say what they offer. */
class OffersTest {

    private static final Wire.Log NAME = new Wire.Log(Wire.NO_TRANSCRIPT, "s1", Transcript.Lane.DESTINATION);
    private static final int HANGING = 5;

    private final Network transport = PlainNetwork.start();
    private final AtomicLong now = new AtomicLong();
    private final Offers offers = new Offers(transport, Timeouts.defaults(), "proxy.test", Permits.UNLIMITED, now::get);
    private final List<ScriptedDestination> destinations = new ArrayList<>();

    @AfterEach
    void close() {
        offers.close();
        transport.close();
        destinations.forEach(ScriptedDestination::close);
    }

    private ScriptedDestination destination() {
        ScriptedDestination destination = ScriptedDestination.start();
        destinations.add(destination);
        return destination;
    }

    private Extensions common(ScriptedDestination... of) {
        return offers.common(
                Set.of(of).stream().map(ScriptedDestination::destination).collect(Collectors.toSet()), NAME);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void an_offer_counts_for_five_minutes() {
        ScriptedDestination one = destination();
        assertThat(common(one).has("DSN")).isTrue();
        one.on("EHLO").reply("250 dest.test");
        pass(Duration.ofMinutes(4));
        assertThat(common(one).has("DSN")).isTrue();
        pass(Duration.ofMinutes(2));
        assertThat(common(one).has("DSN")).isFalse();
        assertThat(one.connections()).isEqualTo(2);
    }

    @Test
    void those_that_hang_are_asked_side_by_side_and_waited_for_seconds_only() {
        ScriptedDestination[] hanging = new ScriptedDestination[HANGING];
        for (int i = 0; i < HANGING; i++) {
            hanging[i] = destination();
            hanging[i].on("connect").fail(Fault.STALL);
        }
        long start = System.nanoTime();
        common(hanging);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Offers.MAX_WAIT.multipliedBy(HANGING - 1));
    }

    @Test
    void one_that_cannot_be_asked_is_left_alone_for_half_a_minute() {
        ScriptedDestination one = destination();
        one.on("connect").reply("421 4.3.2 Not now");
        assertThat(common(one).keywords()).isEmpty();
        one.on("connect").reply("220 dest.test");
        pass(Duration.ofSeconds(20));
        assertThat(common(one).keywords()).isEmpty();
        assertThat(one.connections()).isEqualTo(1);
        pass(Duration.ofSeconds(20));
        assertThat(common(one).has("DSN")).isTrue();
    }

    @Test
    void the_last_offer_counts_while_a_destination_cannot_be_asked() {
        ScriptedDestination one = destination();
        assertThat(common(one).has("DSN")).isTrue();
        one.on("EHLO").fail(Fault.CLOSE);
        pass(Duration.ofMinutes(6));
        assertThat(common(one).has("DSN")).isTrue();
        one.on("EHLO").fail(Fault.STALL);
        pass(Duration.ofMinutes(1));
        assertThat(common(one).has("DSN")).isTrue();
        assertThat(one.connections()).isEqualTo(3);
    }

    @Test
    void what_a_session_has_seen_counts_as_long() {
        ScriptedDestination one = destination();
        offers.learn(one.destination(), Extensions.none());
        assertThat(common(one).has("DSN"))
                .as("asked first, since nobody had asked")
                .isTrue();
        pass(Duration.ofMinutes(4));
        offers.learn(one.destination(), Extensions.none());
        pass(Duration.ofMinutes(4));
        assertThat(common(one).has("DSN")).isFalse();
        assertThat(one.connections()).isEqualTo(1);
        pass(Duration.ofMinutes(2));
        assertThat(common(one).has("DSN")).isTrue();
        assertThat(one.connections()).isEqualTo(2);
    }

    @Test
    void where_all_connections_are_used_the_last_offer_counts_and_only_the_first_is_asked_for() {
        ScriptedDestination one = destination();
        Offers full = new Offers(
                transport, Timeouts.defaults(), "proxy.test", (server, mayEvict) -> Optional.empty(), now::get);
        Set<Destination> reach = Set.of(one.destination());
        assertThat(full.common(reach, NAME).has("DSN")).isTrue();
        pass(Duration.ofMinutes(6));
        assertThat(full.common(reach, NAME).has("DSN")).isTrue();
        assertThat(one.connections()).isEqualTo(1);
    }

    @Test
    void many_sessions_ask_a_destination_once() {
        ScriptedDestination one = destination();
        one.on("connect").fail(Fault.STALL);
        List<CompletableFuture<Extensions>> sessions = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            sessions.add(CompletableFuture.supplyAsync(() -> common(one), task -> new Thread(task).start()));
        }
        sessions.forEach(CompletableFuture::join);
        assertThat(one.connections()).isEqualTo(1);
        long start = System.nanoTime();
        common(one);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("its failure is known")
                .isLessThan(Offers.MAX_WAIT);
        assertThat(one.connections()).isEqualTo(1);
    }

    @Test
    void an_error_while_one_is_asked_leaves_no_socket() {
        ScriptedDestination one = destination();
        Offers failing =
                new Offers(new NoMemoryToWatch(), Timeouts.defaults(), "proxy.test", Permits.UNLIMITED, now::get);
        assertThat(failing.common(Set.of(one.destination()), NAME).keywords()).isEmpty();
        await().until(() -> one.connections() == 1 && one.openConnections() == 0);
    }

    /** Connects, and then there is no memory for more. */
    private final class NoMemoryToWatch implements Network {
        @Override
        public ListeningSocket listen() throws IOException {
            return transport.listen();
        }

        @Override
        public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
            return transport.connect(to, timeout, begun);
        }

        @Override
        public Executor threads() {
            return task -> transport.threads().execute(() -> {
                try {
                    task.run();
                } catch (OutOfMemoryError expected) {
                    // its thread would end with it
                }
            });
        }

        @Override
        public Deadline watch(Socket socket) {
            throw new OutOfMemoryError("not in truth");
        }

        @Override
        public void close() {
            transport.close();
        }
    }

    @Test
    void closing_ends_the_asking() {
        ScriptedDestination one = destination();
        one.on("connect").fail(Fault.STALL);
        CompletableFuture<Extensions> session =
                CompletableFuture.supplyAsync(() -> common(one), task -> new Thread(task).start());
        await().until(() -> one.openConnections() == 1);
        offers.close();
        assertThat(session.join().keywords()).isEmpty();
        await().until(() -> one.openConnections() == 0);
    }
}
