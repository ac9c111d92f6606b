package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Faults;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.inspect.Inspect;
import io.github.smtpproxy.inspect.InspectPage;
import io.github.smtpproxy.internal.host.Routing;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.subetha.LiveHandlers;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** What a proxy is made of. Used by one thread. */
public final class SmtpProxyBuilder {

    private static final long LEAST_HELD = 65_536;

    final List<Endpoint> endpoints = new ArrayList<>();
    Optional<Router> router = Optional.empty();
    final List<Filter> filters = new ArrayList<>();
    final List<Throttle> throttles = new ArrayList<>();
    final List<ProxyListener> listeners = new ArrayList<>();
    final List<Transcript> transcripts = new ArrayList<>();
    Optional<Inspect> inspect = Optional.empty();
    Optional<SharedState> sharedState = Optional.empty();
    Optional<Faults> faults = Optional.empty();
    Optional<Pool> pool = Optional.empty();
    Optional<Transparent> transparent = Optional.empty();
    Optional<Duration> probe = Optional.empty();
    Optional<Stress> stress = Optional.empty();
    Timeouts timeouts = Timeouts.defaults();
    Transport transport = Transport.automatic();
    long maxHeldOctets = Math.max(LEAST_HELD, Runtime.getRuntime().maxMemory() / 4);

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

    /**
     * Where this proxy counts and remembers together with others, such as {@code RedisState.at(uri)}: its throttles, greylists
     * and reputations do so there, however they are wrapped, unless they were given limits or a store of their own. Those
     * who give it close it, after the proxy. A proxy has one.
     */
    public SmtpProxyBuilder sharedState(SharedState state) {
        Objects.requireNonNull(state, "sharedState");
        if (sharedState.isPresent()) {
            throw new IllegalStateException("sharedState must be set once, was set twice");
        }
        sharedState = Optional.of(state);
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
     * Shows what the proxy does on a page, as long as it runs.
     *
     * @see Inspect#open for who wants to know the page's address
     */
    public SmtpProxyBuilder inspect(Inspect page) {
        Objects.requireNonNull(page, "inspect");
        if (inspect.isPresent()) {
            throw new IllegalStateException("inspect must be set once, was set twice");
        }
        inspect = Optional.of(page);
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
     * Stands in the way of clients that do not know of it: where they wanted to go is {@code Session.localAddress()}, and
     * {@code Router.originalDestination()} leads them there, from their own addresses. Not with {@link #multiplexing}.
     */
    public SmtpProxyBuilder transparent(Transparent how) {
        Objects.requireNonNull(how, "transparent");
        transparent = Optional.of(how);
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

    /**
     * What changes where sessions run short: clients have less time and fewer errors, and one that is idle gives its place to
     * the next. Nothing by default.
     */
    public SmtpProxyBuilder underAttack(Stress value) {
        Objects.requireNonNull(value, "underAttack");
        stress = Optional.of(value);
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
     *     the transport is not available, or the shared state is closed or lacks a library
     */
    public SmtpProxy start() {
        check();
        return assembled(endpoints, Assembly::open);
    }

    /**
     * Checks whether the settings go together, as {@link #start} does first. It opens nothing.
     *
     * @throws IllegalStateException if an endpoint or the router is missing, or settings contradict each other
     */
    public void check() {
        if (endpoints.isEmpty()) {
            throw new IllegalStateException("listen must be called before start");
        }
        List<Destination> reach = Routing.reach(decidingRouter());
        endpoints.forEach(where -> reach.forEach(d -> OwnDestination.refuse(where, d)));
        endpoints.forEach(where -> UnseenEndpoint.refuse(where, pool.isPresent()));
        if (transparent.isPresent() && pool.isPresent()) {
            throw new IllegalStateException(
                    "transparent contradicts multiplexing: a connection from the address of one client"
                            + " cannot carry the mail of another");
        }
    }

    /**
     * Relays the transactions of a SubEtha {@code SMTPServer} that the host runs itself: give it to its builder. Each handler
     * relays its transaction live, with these filters, router and throttles. An endpoint gives its limits, and no port is
     * opened; without one the defaults hold. Close it after the server has stopped.
     *
     * @throws IllegalStateException if the router is missing, a setting is one of a port, the transport is not available, or
     *     SubEtha lacks a library
     */
    public LiveHandlers messageHandlerFactory() {
        HostedSettings.check(this);
        return assembled(endpoints.isEmpty() ? List.of(Endpoint.port(0)) : endpoints, Assembly::hosted);
    }

    Router decidingRouter() {
        return router.orElseThrow(() -> new IllegalStateException("router must be set before start"));
    }

    private <T> T assembled(List<Endpoint> where, Function<Assembly, T> use) {
        decidingRouter();
        Optional<InspectPage> page = inspect.map(Inspect::open);
        try {
            return Assembly.of(this, where, page, use);
        } catch (RuntimeException | Error e) {
            page.ifPresent(InspectPage::close);
            throw e;
        }
    }
}
