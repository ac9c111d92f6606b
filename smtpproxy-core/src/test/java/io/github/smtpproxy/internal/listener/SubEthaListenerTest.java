package io.github.smtpproxy.internal.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
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
import io.github.smtpproxy.internal.relay.Pressure;
import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The port when there are no threads to be had. */
class SubEthaListenerTest {

    private static final Timeouts TIMEOUTS = Timeouts.defaults();

    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final Network transport = new FewThreads(PlainNetwork.start());
    private final ScriptedDestination destination = ScriptedDestination.start();
    private SubEthaListener listener;

    @BeforeEach
    void start() {
        listener = new SubEthaListener(relay(transport, destination));
        listener.start();
    }

    /** What is relayed to that destination alone. */
    static Relay relay(Network transport, ScriptedDestination destination) {
        return new Relay(
                Endpoint.at("127.0.0.1", 0),
                TIMEOUTS,
                new Routing(Router.to(destination.destination()), TIMEOUTS.routing(), transport),
                new Filters(List.of(), transport, new Listeners(List.of(), transport)),
                new ThrottleChain(List.of(), transport, new Listeners(List.of(), transport)),
                new Listeners(List.of(), transport),
                new FaultHook(Optional.empty(), transport),
                Wire.NO_TRANSCRIPT,
                transport,
                new Destinations(status -> {}),
                new Balancing(transport),
                Optional.empty(),
                new Offers(transport, TIMEOUTS, "proxy.test", Permits.UNLIMITED),
                Budget.unlimited(),
                session -> {},
                () -> false,
                Pressure.of(Optional.empty(), new ForeignCode(transport), 1));
    }

    @AfterEach
    void stop() {
        listener.stop();
        transport.close();
        destination.close();
    }

    static List<Throwable> failures() {
        return List.of(
                new OutOfMemoryError("unable to create native thread"),
                new RejectedExecutionException("full"),
                new IllegalStateException("broken"),
                new NoClassDefFoundError("broken"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void an_executor_that_fails_costs_the_connection_and_not_the_port(Throwable thrown) {
        try (Dialogue before = Dialogue.with(listener.address())) {
            before.greets();
            failure.set(thrown);
            for (int i = 1; i <= 3; i++) {
                refused(i);
            }
            failure.set(null);
            try (Dialogue after = Dialogue.with(listener.address())) {
                after.greets();
            }
            before.says("NOOP").hears("250");
        }
        await().until(() -> destination.openConnections() == 0);
    }

    private void refused(int count) {
        try (Dialogue client = Dialogue.with(listener.address())) {
            assertThat(client.isClosed()).as(client.transcript()).isTrue();
            assertThat(failures).hasValue(count);
        }
    }

    /** The plain transport; its threads fail while a failure is set. */
    private final class FewThreads implements Network {
        private final Network plain;

        FewThreads(Network plain) {
            this.plain = plain;
        }

        @Override
        public ListeningSocket listen() throws IOException {
            return plain.listen();
        }

        @Override
        public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
            return plain.connect(to, timeout, begun);
        }

        @Override
        public Executor threads() {
            return task -> {
                Throwable thrown = failure.get();
                if (thrown instanceof Error error) {
                    failures.incrementAndGet();
                    throw error;
                } else if (thrown instanceof RuntimeException exception) {
                    failures.incrementAndGet();
                    throw exception;
                }
                plain.threads().execute(task);
            };
        }

        @Override
        public Deadline watch(Socket socket) {
            return plain.watch(socket);
        }

        @Override
        public void close() {
            plain.close();
        }
    }
}
