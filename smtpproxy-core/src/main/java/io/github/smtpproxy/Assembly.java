package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.inspect.InspectPage;
import io.github.smtpproxy.internal.downstream.Beside;
import io.github.smtpproxy.internal.downstream.ConnectionPool;
import io.github.smtpproxy.internal.downstream.Destinations;
import io.github.smtpproxy.internal.downstream.Offers;
import io.github.smtpproxy.internal.downstream.Permits;
import io.github.smtpproxy.internal.downstream.Probes;
import io.github.smtpproxy.internal.host.Balancing;
import io.github.smtpproxy.internal.host.FaultHook;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.host.Routing;
import io.github.smtpproxy.internal.host.ThrottleChain;
import io.github.smtpproxy.internal.host.Transcripts;
import io.github.smtpproxy.internal.listener.HostedHandlers;
import io.github.smtpproxy.internal.listener.Ports;
import io.github.smtpproxy.internal.relay.Pressure;
import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.subetha.LiveHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of one proxy, put together from a builder's settings. Used by the thread that starts it. */
final class Assembly {

    private static final Logger protocol = LoggerFactory.getLogger("io.github.smtpproxy.protocol");

    private final SmtpProxyBuilder settings;
    private final List<Endpoint> endpoints;
    private final Network network;
    private final List<Destination> reach;
    private final Listeners listeners;
    private final Destinations destinations;
    private final Offers offers;
    private final Optional<ConnectionPool> pool;
    private final Optional<InspectPage> page;
    private final AtomicBoolean draining = new AtomicBoolean();
    private final Relay relay;

    private Assembly(SmtpProxyBuilder settings, List<Endpoint> endpoints, Network network, Optional<InspectPage> page) {
        this.settings = settings;
        this.endpoints = endpoints;
        this.network = network;
        this.page = page;
        reach = Routing.reach(settings.decidingRouter());
        listeners = new Listeners(with(settings.listeners, page.map(InspectPage::listener)), network);
        destinations = new Destinations(
                status -> listeners.notifyAll("destinationChanged", listener -> listener.destinationChanged(status)));
        reach.forEach(destinations::add);
        offers = new Offers(
                network,
                settings.timeouts,
                endpoints.get(0).hostname(),
                (server, mayEvict) -> permits().permit(server, mayEvict));
        pool = settings.pool.map(this::pool);
        relay = relay();
    }

    /** What is made of the parts; where that fails they are closed. */
    static <T> T of(
            SmtpProxyBuilder settings,
            List<Endpoint> endpoints,
            Optional<InspectPage> page,
            Function<Assembly, T> use) {
        Network network = settings.transport.start(settings.transparent);
        try {
            return use.apply(new Assembly(settings, endpoints, network, page));
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    /** A proxy that serves its endpoints. */
    SmtpProxy open() {
        Ports ports = Ports.open(endpoints.stream().map(relay::at).toList());
        destinations.listensAt(ports.addresses());
        List<Beside> beside = new ArrayList<>();
        pool.ifPresent(beside::add);
        settings.probe.map(this::probes).ifPresent(beside::add);
        SmtpProxy proxy = new SmtpProxy(ports, destinations, pool, beside, network, listeners, draining);
        listeners.notifyAll("proxyStarted", listener -> listener.proxyStarted(proxy));
        return proxy;
    }

    /** The relay behind a server of the host's. */
    LiveHandlers hosted() {
        return new HostedHandlers(relay, () -> {
            pool.ifPresent(Beside::close);
            network.close();
            page.ifPresent(InspectPage::close);
        });
    }

    private Probes probes(Duration every) {
        return new Probes(
                        reach,
                        network,
                        settings.timeouts,
                        destinations,
                        permits(),
                        endpoints.get(0).hostname())
                .start(every);
    }

    private ConnectionPool pool(Pool shared) {
        return new ConnectionPool(
                shared,
                network,
                settings.timeouts,
                destinations,
                (where, why) -> listeners.notifyAll("discarded", listener -> listener.discarded(where, why)),
                offers::learn);
    }

    /** With a pool, its limits are those of all connections beside it too. */
    private Permits permits() {
        return pool.<Permits>map(p -> p).orElse(Permits.UNLIMITED);
    }

    private Relay relay() {
        Endpoint first = endpoints.get(0);
        return new Relay(
                first,
                settings.timeouts,
                new Routing(settings.decidingRouter(), settings.timeouts.routing(), network),
                new Filters(settings.filters, network, listeners),
                new ThrottleChain(settings.throttles, network, listeners),
                listeners,
                new FaultHook(settings.faults, network),
                transcript(),
                network,
                destinations,
                new Balancing(network),
                pool,
                offers,
                new Budget(settings.maxHeldOctets),
                given(),
                draining::get,
                Pressure.of(settings.stress, new ForeignCode(network), first.maxConnections()));
    }

    /** Asked for once: sessions that outlive the state go on with what it gave. */
    private Consumer<Attributes> given() {
        Optional<SharedState> state = settings.sharedState.map(s -> SharedState.of(s.store(), s.limits()));
        return session -> state.ifPresent(shared -> session.attribute(SharedState.KEY, shared));
    }

    private Transcript transcript() {
        List<Transcript> all = new ArrayList<>(with(settings.transcripts, page.map(InspectPage::transcript)));
        if (protocol.isTraceEnabled()) {
            all.add((session, lane, fromProxy, line) ->
                    protocol.trace("{} {} {} {}", session, lane, fromProxy ? "<" : ">", line));
        }
        return all.isEmpty() ? Wire.NO_TRANSCRIPT : new Transcripts(all, network);
    }

    private static <T> List<T> with(List<T> given, Optional<T> more) {
        return Stream.concat(given.stream(), more.stream()).toList();
    }
}
