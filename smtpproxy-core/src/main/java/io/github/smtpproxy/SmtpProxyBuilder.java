package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Faults;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Beside;
import io.github.smtpproxy.internal.downstream.ConnectionPool;
import io.github.smtpproxy.internal.downstream.Destinations;
import io.github.smtpproxy.internal.downstream.Offers;
import io.github.smtpproxy.internal.downstream.Probes;
import io.github.smtpproxy.internal.host.Balancing;
import io.github.smtpproxy.internal.host.FaultHook;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.host.Routing;
import io.github.smtpproxy.internal.host.Throttles;
import io.github.smtpproxy.internal.host.Transcripts;
import io.github.smtpproxy.internal.listener.Ports;
import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a proxy is made of. Used by one thread. */
public final class SmtpProxyBuilder {

    private static final Logger protocol = LoggerFactory.getLogger("io.github.smtpproxy.protocol");

    private static final long LEAST_HELD = 65_536;

    private final List<Endpoint> endpoints = new ArrayList<>();
    private Optional<Router> router = Optional.empty();
    private final List<Filter> filters = new ArrayList<>();
    private final List<Throttle> throttles = new ArrayList<>();
    private final List<ProxyListener> listeners = new ArrayList<>();
    private final List<Transcript> transcripts = new ArrayList<>();
    private Optional<Faults> faults = Optional.empty();
    private Optional<Pool> pool = Optional.empty();
    private Optional<Duration> probe = Optional.empty();
    private Timeouts timeouts = Timeouts.defaults();
    private Transport transport = Transport.automatic();
    private long maxHeldOctets = Math.max(LEAST_HELD, Runtime.getRuntime().maxMemory() / 4);

    SmtpProxyBuilder() {}

    /** One more port of all addresses, with default settings; 0 takes a free one. */
    public SmtpProxyBuilder listen(int port) {
        return listen(Endpoint.port(port));
    }

    /** One more endpoint: ports 25, 465 and 587 can be one proxy. Its limits count for itself. */
    public SmtpProxyBuilder listen(Endpoint where) {
        Objects.requireNonNull(where, "listen");
        endpoints.add(where);
        return this;
    }

    /** Where transactions go; a proxy has one router. */
    public SmtpProxyBuilder router(Router by) {
        Objects.requireNonNull(by, "router");
        if (router.isPresent()) {
            throw new IllegalStateException("router must be set once, was set twice");
        }
        router = Optional.of(by);
        return this;
    }

    /** One more filter, after those given before. */
    public SmtpProxyBuilder filter(Filter filter) {
        Objects.requireNonNull(filter, "filter");
        filters.add(filter);
        return this;
    }

    /** One more throttle; the delays of all add up. */
    public SmtpProxyBuilder throttle(Throttle throttle) {
        Objects.requireNonNull(throttle, "throttle");
        throttles.add(throttle);
        return this;
    }

    /** One more listener. */
    public SmtpProxyBuilder listener(ProxyListener listener) {
        Objects.requireNonNull(listener, "listener");
        listeners.add(listener);
        return this;
    }

    /** One more that gets the lines of the protocol. */
    public SmtpProxyBuilder transcript(Transcript transcript) {
        Objects.requireNonNull(transcript, "transcript");
        transcripts.add(transcript);
        return this;
    }

    /**
     * Shares connections to destinations among sessions: a transaction leases one from its MAIL, or where the route is known
     * later from its first RCPT, to its end. Without it each session has a connection of its own.
     */
    public SmtpProxyBuilder multiplexing(Pool shared) {
        Objects.requireNonNull(shared, "multiplexing");
        pool = Optional.of(shared);
        return this;
    }

    /**
     * Looks at each destination that the router has in reach at start, by connect, EHLO, NOOP and QUIT, so that one that fails
     * is found before a session does, and one that is back is used again soon. Not done by default.
     *
     * @param every 1 second to 1 day
     */
    public SmtpProxyBuilder probe(Duration every) {
        Objects.requireNonNull(every, "probe");
        if (every.compareTo(Duration.ofSeconds(1)) < 0 || every.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("probe must be between 1 second and 1 day, was " + every);
        }
        probe = Optional.of(every);
        return this;
    }

    /** What goes wrong on purpose, in tests; a proxy has one source of faults. */
    public SmtpProxyBuilder faults(Faults source) {
        Objects.requireNonNull(source, "faults");
        if (faults.isPresent()) {
            throw new IllegalStateException("faults must be set once, was set twice");
        }
        faults = Optional.of(source);
        return this;
    }

    /** How long waits may take. */
    public SmtpProxyBuilder timeouts(Timeouts values) {
        Objects.requireNonNull(values, "timeouts");
        timeouts = values;
        return this;
    }

    /** What carries the sessions; {@link Transport#automatic} by default. */
    public SmtpProxyBuilder transport(Transport value) {
        Objects.requireNonNull(value, "transport");
        transport = value;
        return this;
    }

    /**
     * Octets of memory that all sessions together may hold of what clients sent: recipients, header sections and bodies that
     * filters read, and large buffers. A message that would take more is received to its end and refused with
     * {@code 451 4.3.1}, as is a recipient. A quarter of the heap by default.
     *
     * @param octets 65,536 and up
     */
    public SmtpProxyBuilder maxHeldOctets(long octets) {
        if (octets < LEAST_HELD) {
            throw new IllegalArgumentException("maxHeldOctets must be at least " + LEAST_HELD + ", was " + octets);
        }
        maxHeldOctets = octets;
        return this;
    }

    /**
     * Starts the proxy; it serves when this returns.
     *
     * @throws IllegalStateException if an endpoint or the router is missing, the two contradict each other, or a port or
     *     the transport is not available
     */
    public SmtpProxy start() {
        if (endpoints.isEmpty()) {
            throw new IllegalStateException("listen must be called before start");
        }
        Router by = router.orElseThrow(() -> new IllegalStateException("router must be set before start"));
        List<Destination> reach = Routing.reach(by);
        endpoints.forEach(where -> reach.forEach(d -> OwnDestination.refuse(where, d)));
        AtomicBoolean draining = new AtomicBoolean();
        Network started = transport.start();
        try {
            Listeners told = new Listeners(listeners, started);
            Destinations destinations = new Destinations(
                    status -> told.notifyAll("destinationChanged", listener -> listener.destinationChanged(status)));
            reach.forEach(destinations::add);
            Optional<ConnectionPool> shared = pool.map(p -> new ConnectionPool(
                    p,
                    started,
                    timeouts,
                    destinations,
                    (where, why) -> told.notifyAll("discarded", listener -> listener.discarded(where, why))));
            Relay relay = relay(by, started, told, destinations, shared, draining);
            Ports ports = Ports.open(endpoints.stream().map(relay::at).toList());
            destinations.listensAt(ports.addresses());
            List<Beside> beside = new ArrayList<>();
            shared.ifPresent(beside::add);
            probe.map(every -> Probes.start(
                            every,
                            reach,
                            started,
                            timeouts,
                            destinations,
                            endpoints.get(0).hostname()))
                    .ifPresent(beside::add);
            return new SmtpProxy(ports, destinations, beside, started, draining);
        } catch (RuntimeException | Error e) {
            started.close();
            throw e;
        }
    }

    private Relay relay(
            Router by,
            Network network,
            Listeners told,
            Destinations destinations,
            Optional<ConnectionPool> shared,
            AtomicBoolean draining) {
        return new Relay(
                endpoints.get(0),
                timeouts,
                new Routing(by, timeouts.routing(), network),
                new Filters(filters, network, told),
                new Throttles(throttles, network),
                told,
                new FaultHook(faults, network),
                transcript(network),
                network,
                destinations,
                new Balancing(network),
                shared,
                new Offers(network, timeouts, endpoints.get(0).hostname()),
                new Budget(maxHeldOctets),
                draining::get);
    }

    private Transcript transcript(Network network) {
        List<Transcript> all = new ArrayList<>(transcripts);
        if (protocol.isTraceEnabled()) {
            all.add((session, lane, fromProxy, line) ->
                    protocol.trace("{} {} {} {}", session, lane, fromProxy ? "<" : ">", line));
        }
        return all.isEmpty() ? Wire.NO_TRANSCRIPT : new Transcripts(all, network);
    }
}
