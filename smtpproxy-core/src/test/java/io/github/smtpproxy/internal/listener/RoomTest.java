package io.github.smtpproxy.internal.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.internal.command.Commands;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.relay.Pressure;
import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.relay.SessionLoop;
import io.github.smtpproxy.internal.relay.TransactionHook;
import io.github.smtpproxy.internal.relay.TransactionRelay;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who goes first where all places are taken. */
@Timeout(60)
class RoomTest {

    private static final String GONE = "421 4.7.0 ";

    private final Network network = PlainNetwork.start();
    private final ScriptedDestination destination = ScriptedDestination.start();
    private final CapturedLog log = new CapturedLog();
    private final Set<SessionLoop> sessions = ConcurrentHashMap.newKeySet();
    private final List<Dialogue> clients = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Pressure pressure = Pressure.of(
            Optional.of(Stress.defaults()
                    .score(session -> session.hello().orElseThrow().name().startsWith("bad") ? -1 : 1)),
            new ForeignCode(network),
            2);
    private ListeningSocket port;

    @BeforeEach
    void open() throws IOException {
        port = network.listen();
        port.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() throws Exception {
        clients.forEach(Dialogue::close);
        for (Thread thread : threads) {
            thread.join(60_000);
        }
        port.close();
        network.close();
        destination.close();
        log.close();
    }

    private Relay relay() {
        Relay usual = SubEthaListenerTest.relay(network, destination);
        return new Relay(
                usual.endpoint(),
                usual.timeouts(),
                usual.routing(),
                usual.filters(),
                usual.throttling(),
                usual.listeners(),
                usual.faults(),
                usual.transcript(),
                usual.network(),
                usual.destinations(),
                usual.balancing(),
                usual.pool(),
                usual.offers(),
                usual.budget(),
                usual.given(),
                usual.draining(),
                pressure);
    }

    /** One that waits for its client, after these lines. */
    private Dialogue client(String... lines) throws IOException {
        Dialogue client = Dialogue.with((InetSocketAddress) port.getLocalSocketAddress());
        clients.add(client);
        SessionLoop session =
                new SessionLoop(relay(), new Commands(), new NoHook(), port.accept(), "s" + clients.size());
        sessions.add(session);
        Thread thread = new Thread(session::run, "session");
        threads.add(thread);
        thread.start();
        client.hears("220");
        for (String line : lines) {
            client.says(line).hears("250");
        }
        await().until(() -> session.place().isWaiting());
        return client;
    }

    private record NoHook() implements TransactionHook {
        @Override
        public TransactionRelay begin(Supplier<TransactionRelay> relay) {
            return relay.get();
        }

        @Override
        public void end() {
            // nobody counts
        }
    }

    private Room room() {
        return new Room(sessions, pressure, sessions.size());
    }

    @Test
    void the_one_goes_that_has_been_idle_longest() throws IOException {
        Dialogue first = client("EHLO a.test");
        Dialogue second = client("EHLO b.test");
        Room room = room();
        assertThat(room.isForOneMore()).isTrue();
        first.hears(GONE).hearsTheEnd();
        second.says("NOOP").hears("250");
    }

    @Test
    void one_without_a_transaction_goes_before_one_that_has_a_bad_name() throws IOException {
        Dialogue bad = client("EHLO bad.test", "MAIL FROM:<a@bad.test>");
        Dialogue good = client("EHLO good.test");
        assertThat(room().isForOneMore()).isTrue();
        good.hears(GONE).hearsTheEnd();
        bad.says("RSET").hears("250");
    }

    @Test
    void of_those_in_a_transaction_the_lowest_score_goes() throws IOException {
        Dialogue good = client("EHLO good.test", "MAIL FROM:<a@good.test>");
        Dialogue bad = client("EHLO bad.test", "MAIL FROM:<a@bad.test>");
        assertThat(room().isForOneMore()).isTrue();
        bad.hears(GONE).hearsTheEnd();
        good.says("RSET").hears("250");
    }

    @Test
    void each_place_is_given_once() throws IOException {
        client("EHLO a.test");
        client("EHLO b.test");
        Room room = room();
        sessions.forEach(session -> assertThat(session.place().take()).isTrue());
        sessions.forEach(session -> assertThat(session.place().take()).isFalse());
        assertThat(room.isForOneMore()).isFalse();
    }

    @Test
    void nobody_goes_where_that_is_not_set() throws IOException {
        client("EHLO a.test");
        Room room = new Room(sessions, Pressure.of(Optional.empty(), new ForeignCode(network), 1), 1);
        assertThat(room.isForOneMore()).isFalse();
    }
}
