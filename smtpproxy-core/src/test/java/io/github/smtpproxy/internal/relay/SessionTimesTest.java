package io.github.smtpproxy.internal.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.command.Commands;
import io.github.smtpproxy.internal.downstream.Destinations;
import io.github.smtpproxy.internal.downstream.Offers;
import io.github.smtpproxy.internal.downstream.Permits;
import io.github.smtpproxy.internal.host.Balancing;
import io.github.smtpproxy.internal.host.FaultHook;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.host.Routing;
import io.github.smtpproxy.internal.host.ThrottleChain;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a session ends that would go on for longer; the time is the test's. */
@Timeout(60)
class SessionTimesTest {

    private static final Timeouts TIMEOUTS = Timeouts.defaults();

    private final CountDownLatch returns = new CountDownLatch(1);
    /** A session looks at the clock three times for a line, which takes 21 seconds so. */
    private static final Duration A_THIRD_OF_A_LINE = Duration.ofSeconds(7);

    private final AtomicLong now = new AtomicLong(System.nanoTime());
    private final AtomicLong step = new AtomicLong();
    private final Network network = PlainNetwork.start();
    private final Offers offers = new Offers(network, TIMEOUTS, "proxy.test", Permits.UNLIMITED);
    private final ScriptedDestination destination = ScriptedDestination.start();
    private ListeningSocket port;
    private Dialogue client;
    private Socket socket;
    private SessionLoop session;
    private Thread thread;

    @BeforeEach
    void listen() throws IOException {
        port = network.listen();
        port.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void stop() throws Exception {
        returns.countDown();
        client.close();
        session.abort();
        thread.join();
        port.close();
        offers.close();
        network.close();
        destination.close();
    }

    private void start(List<Filter> filters) throws IOException {
        client = Dialogue.with((InetSocketAddress) port.getLocalSocketAddress());
        socket = port.accept();
        session = new SessionLoop(
                relay(filters), new Commands(), new NoHook(), socket, "s1", () -> now.getAndAdd(step.get()));
        thread = new Thread(session::run, "session");
        thread.start();
    }

    private Relay relay(List<Filter> filters) {
        return new Relay(
                Endpoint.at("127.0.0.1", 0),
                TIMEOUTS,
                new Routing(Router.to(destination.destination()), TIMEOUTS.routing(), network),
                new Filters(filters, network, new Listeners(List.of(), network)),
                new ThrottleChain(List.of(), network, new Listeners(List.of(), network)),
                new Listeners(List.of(), network),
                new FaultHook(Optional.empty(), network),
                Wire.NO_TRANSCRIPT,
                network,
                new Destinations(status -> {}),
                new Balancing(network),
                Optional.empty(),
                offers,
                Budget.unlimited(),
                session -> {},
                () -> false,
                Pressure.of(Optional.empty(), new ForeignCode(network), 1));
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

    private void passAtEachLook(Duration time) {
        step.set(time.toNanos());
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void code_of_others_that_does_not_return_keeps_its_client_for_five_seconds_of_a_drain() throws Exception {
        CountDownLatch called = new CountDownLatch(1);
        start(List.of(new Filter() {
            @Override
            public Reply connect(Session connected, Chain<Session> next) {
                called.countDown();
                await(returns);
                return next.proceed(connected);
            }
        }));
        called.await();
        session.interrupt();
        pass(Duration.ofSeconds(5));
        session.interrupt();
        assertThat(socket.isClosed()).as("after five seconds").isFalse();
        pass(Duration.ofMillis(1));
        session.interrupt();
        assertThat(socket.isClosed()).as("after more than five seconds").isTrue();
        client.hearsTheEnd();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void a_client_that_was_turned_away_has_a_minute_for_its_quit() throws IOException {
        destination.on("connect").reply("554 5.7.1 No service here");
        passAtEachLook(A_THIRD_OF_A_LINE);
        start(List.of());
        client.hears("554").says("NOOP").hears("503 5.5.1 ").says("NOOP").hears("503 5.5.1 ");
        client.hearsLine("421 4.7.0 No service here").hearsTheEnd();
    }

    @Test
    void its_quit_is_answered_within_that_minute() throws IOException {
        destination.on("connect").reply("554 5.7.1 No service here");
        passAtEachLook(A_THIRD_OF_A_LINE);
        start(List.of());
        client.hears("554").says("QUIT").hears("221").hearsTheEnd();
    }
}
