package io.github.smtpproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Lease;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts the proxies of a test, and holds the test to it that they leave nothing: once the clients have gone, {@link
 * #close} waits (a minute) until each start that listeners heard of has met its end, no thread relays, and no socket and
 * no temporary file is open. The proxies still run then, so that it is the session that tidies up, not their end.
 */
public final class NothingLeft implements AutoCloseable {

    private static final List<String> SESSION_CODE = Stream.of("relay", "command", "message", "downstream")
            .map(room -> "io.github.smtpproxy.internal." + room + ".")
            .toList();

    private final Set<OpenFiles.Named> filesBefore = OpenFiles.temporary();
    private final List<SmtpProxy> proxies = new ArrayList<>();
    private final List<ScriptedDestination> destinations = new ArrayList<>();
    private final Pairs pairs = new Pairs();

    public NothingLeft() {
        // those of tests that end without this check
        LoggedTraces.taken();
    }

    /** Starts a proxy that is watched. */
    public SmtpProxy start(SmtpProxyBuilder builder) {
        SmtpProxy proxy = builder.listener(pairs).transcript(pairs).start();
        proxies.add(proxy);
        return proxy;
    }

    /** Starts a destination to which no connection may be left. */
    public ScriptedDestination startDestination() {
        ScriptedDestination destination = ScriptedDestination.start();
        destinations.add(destination);
        return destination;
    }

    /** Fails where something is left; closes the proxies and the destinations. */
    @Override
    public void close() {
        try {
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .untilAsserted(
                            () -> assertThat(left()).as("what the test left").isEmpty());
        } finally {
            proxies.forEach(SmtpProxy::close);
            destinations.forEach(ScriptedDestination::close);
        }
        assertThat(LoggedTraces.taken())
                .as("stack traces in the log that the test did not take")
                .isEmpty();
    }

    private List<String> left() {
        return Stream.of(pairs.left(), connections(), counted(), sockets(), threads(), files())
                .flatMap(s -> s)
                .toList();
    }

    private Stream<String> connections() {
        return destinations.stream()
                .filter(d -> d.openConnections() > 0)
                .map(d -> d.openConnections() + " connections at " + d.destination() + ", connected to by "
                        + pairs.callers(d.destination().port()));
    }

    private Stream<String> counted() {
        return proxies.stream()
                .flatMap(p -> p.destinations().stream())
                .filter(d -> d.connections() > 0)
                .map(d -> "counted " + d);
    }

    private Stream<String> sockets() {
        Set<Integer> ours = proxies.stream()
                .flatMap(p -> p.addresses().stream())
                .map(InetSocketAddress::getPort)
                .collect(Collectors.toSet());
        return OpenFiles.sockets().stream()
                .filter(s -> ours.contains(s.localPort()) || pairs.reached(s.remotePort()))
                .map(s -> s + " of session "
                        + (ours.contains(s.localPort())
                                ? pairs.client(s.remotePort())
                                : pairs.callers(s.remotePort())));
    }

    /** Threads inside the relay; virtual ones are not listed by the JDK, only by their sessions. */
    private static Stream<String> threads() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(t -> Arrays.stream(t.getValue())
                        .anyMatch(f -> SESSION_CODE.stream().anyMatch(f.getClassName()::startsWith)))
                .map(t -> "thread " + t.getKey().getName() + " at " + Arrays.toString(t.getValue()));
    }

    private Stream<String> files() {
        return OpenFiles.temporary().stream()
                .filter(f -> !filesBefore.contains(f))
                .map(f -> "file " + f);
    }

    /** Each start meets exactly one end, and each refusal that a client hears exactly one event. */
    private static final class Pairs implements ProxyListener, Transcript {
        private final Set<Started> open = ConcurrentHashMap.newKeySet();
        private final List<String> unpaired = new CopyOnWriteArrayList<>();
        private final Map<String, AtomicInteger> untold = new ConcurrentHashMap<>();
        private final Map<Integer, String> clients = new ConcurrentHashMap<>();
        private final Map<Integer, Set<String>> callers = new ConcurrentHashMap<>();

        private record Started(String what, Session session) {
            @Override
            public String toString() {
                return what + " of session " + session.id() + " (client " + session.remoteAddress() + ")";
            }
        }

        Stream<String> left() {
            Stream<String> refusals = untold.entrySet().stream()
                    .filter(u -> u.getValue().get() != 0)
                    .map(u -> "session " + u.getKey() + " heard " + u.getValue() + " refusals more than were told");
            return Stream.of(open.stream().map(s -> s + " has not ended"), unpaired.stream(), refusals)
                    .flatMap(s -> s);
        }

        private AtomicInteger untold(String session) {
            return untold.computeIfAbsent(session, s -> new AtomicInteger());
        }

        @Override
        public void line(String session, Lane lane, boolean fromProxy, String line) {
            if (lane == Lane.CLIENT && fromProxy && line.matches("[45]\\d\\d( .*)?")) {
                untold(session).incrementAndGet();
            }
        }

        @Override
        public void refused(Session session, Refusal refusal) {
            untold(session.id()).decrementAndGet();
        }

        boolean reached(int destinationPort) {
            return callers.containsKey(destinationPort);
        }

        String callers(int destinationPort) {
            return callers.getOrDefault(destinationPort, Set.of()).toString();
        }

        String client(int port) {
            return clients.getOrDefault(port, "(not started)");
        }

        private void started(String what, Session session) {
            Started start = new Started(what, session);
            if (!open.add(start)) {
                unpaired.add(start + " started twice");
            }
        }

        private void ended(String what, Session session) {
            Started start = new Started(what, session);
            if (!open.remove(start)) {
                unpaired.add(start + " ended without a start");
            }
        }

        @Override
        public void sessionStarted(Session session) {
            clients.put(session.remoteAddress().getPort(), session.id());
            started("session", session);
        }

        @Override
        public void connectStarted(Session session, Destination destination) {
            callers.computeIfAbsent(destination.port(), p -> ConcurrentHashMap.newKeySet())
                    .add(session.id());
            started("connect to " + destination, session);
        }

        @Override
        public void connectEnded(Session session, Destination destination, Reply reply, Duration duration) {
            ended("connect to " + destination, session);
        }

        @Override
        public void filterStarted(Session session, FilterCall call) {
            started(call + "@" + System.identityHashCode(call), session);
        }

        @Override
        public void filterEnded(Session session, FilterCall call, Duration own) {
            if (own.isNegative()) {
                unpaired.add(call + " took " + own);
            }
            ended(call + "@" + System.identityHashCode(call), session);
        }

        @Override
        public void leased(Session session, Lease lease) {
            if (lease.result() == Lease.Result.GRANTED) {
                started(lease + "@" + System.identityHashCode(lease), session);
            }
        }

        @Override
        public void returned(Session session, Lease lease, Duration used) {
            ended(lease + "@" + System.identityHashCode(lease), session);
        }

        @Override
        public void transactionStarted(Transaction transaction) {
            started("transaction", transaction.session());
        }

        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            ended("transaction", transaction.session());
        }

        @Override
        public void sessionEnded(Session session) {
            ended("session", session);
            open.stream()
                    .filter(s -> s.session == session)
                    .forEach(s -> unpaired.add(s + " had not ended when its session did"));
        }
    }
}
