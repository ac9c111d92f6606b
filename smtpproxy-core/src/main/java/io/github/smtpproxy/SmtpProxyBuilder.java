package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.config.Transcript.Lane;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Offers;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.host.Routing;
import io.github.smtpproxy.internal.host.Throttles;
import io.github.smtpproxy.internal.listener.SubEthaListener;
import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.throttle.Throttle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says what a proxy is made of. Used by one thread. */
public final class SmtpProxyBuilder {

    private static final Logger protocol = LoggerFactory.getLogger("io.github.smtpproxy.protocol");

    private static final long LEAST_HELD = 65_536;

    private Optional<Endpoint> endpoint = Optional.empty();
    private Optional<Router> router = Optional.empty();
    private final List<Filter> filters = new ArrayList<>();
    private final List<Throttle> throttles = new ArrayList<>();
    private final List<ProxyListener> listeners = new ArrayList<>();
    private final List<Transcript> transcripts = new ArrayList<>();
    private Timeouts timeouts = Timeouts.defaults();
    private Transport transport = Transport.automatic();
    private long maxHeldOctets = Math.max(LEAST_HELD, Runtime.getRuntime().maxMemory() / 4);

    SmtpProxyBuilder() {}

    /** Listens on this port of all addresses; 0 takes a free one. */
    public SmtpProxyBuilder listen(int port) {
        return listen(Endpoint.port(port));
    }

    /** Our side of the wire. To be said once. */
    public SmtpProxyBuilder listen(Endpoint where) {
        Objects.requireNonNull(where, "listen");
        if (endpoint.isPresent()) {
            throw new IllegalStateException("listen was said twice: a proxy has one endpoint");
        }
        endpoint = Optional.of(where);
        return this;
    }

    /** Says where transactions go. To be said once. */
    public SmtpProxyBuilder router(Router by) {
        Objects.requireNonNull(by, "router");
        if (router.isPresent()) {
            throw new IllegalStateException("router was said twice: a proxy has one router");
        }
        router = Optional.of(by);
        return this;
    }

    /** One more filter, after those said before. */
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

    /** One more that hears the lines of the protocol. */
    public SmtpProxyBuilder transcript(Transcript transcript) {
        Objects.requireNonNull(transcript, "transcript");
        transcripts.add(transcript);
        return this;
    }

    /** How long waits may take. */
    public SmtpProxyBuilder timeouts(Timeouts values) {
        Objects.requireNonNull(values, "timeouts");
        timeouts = values;
        return this;
    }

    /** What carries the sessions; {@link Transport#automatic} if not said. */
    public SmtpProxyBuilder transport(Transport value) {
        Objects.requireNonNull(value, "transport");
        transport = value;
        return this;
    }

    /**
     * Octets of memory that all sessions together may hold of what clients sent: recipients, header sections and bodies that
     * filters read, and large buffers. A message that would take more is received to its end and refused with
     * {@code 451 4.3.1}, as is a recipient. A quarter of the heap if not said.
     *
     * @param octets 65,536 and up
     */
    public SmtpProxyBuilder maxHeldOctets(long octets) {
        if (octets < LEAST_HELD) {
            throw new IllegalArgumentException("maxHeldOctets is at least " + LEAST_HELD + ", not " + octets);
        }
        maxHeldOctets = octets;
        return this;
    }

    /**
     * Starts the proxy; it serves when this returns.
     *
     * @throws IllegalStateException if {@code listen} or {@code router} was not said, the two contradict each other, or
     *     the port or the transport cannot be had
     */
    public SmtpProxy start() {
        Endpoint where = endpoint.orElseThrow(() -> new IllegalStateException("listen was not said"));
        Router by = router.orElseThrow(() -> new IllegalStateException("router was not said"));
        reach(by).forEach(d -> OwnDestination.refuse(where, d));
        AtomicBoolean draining = new AtomicBoolean();
        Network started = transport.start();
        try {
            Relay relay = new Relay(
                    where,
                    timeouts,
                    new Routing(by, started),
                    new Filters(filters, started),
                    new Throttles(throttles, started),
                    new Listeners(listeners, started),
                    transcript(),
                    started,
                    new Offers(started, timeouts, where.hostname()),
                    new Budget(maxHeldOctets),
                    draining::get);
            SubEthaListener listener = new SubEthaListener(relay);
            listener.start();
            return new SmtpProxy(listener, started, draining);
        } catch (RuntimeException | Error e) {
            started.close();
            throw e;
        }
    }

    private Transcript transcript() {
        List<Transcript> all = new ArrayList<>(transcripts);
        if (protocol.isTraceEnabled()) {
            all.add((session, lane, fromProxy, line) ->
                    protocol.trace("{} {} {} {}", session, lane, fromProxy ? "<" : ">", line));
        }
        return all.isEmpty()
                ? Wire.NO_TRANSCRIPT
                : (session, lane, fromProxy, line) -> all.forEach(t -> write(t, session, lane, fromProxy, line));
    }

    private static List<Destination> reach(Router router) {
        try {
            return router.reach().stream()
                    .flatMap(target -> target.destinations().stream())
                    .toList();
        } catch (Throwable e) {
            throw new IllegalStateException("router cannot say which destinations it reaches", e);
        }
    }

    /** Who only listens cannot end a session. */
    private static void write(Transcript transcript, String session, Lane lane, boolean fromProxy, String line) {
        try {
            transcript.line(session, lane, fromProxy, line);
        } catch (Throwable e) {
            protocol.error(
                    "transcript {} failed in session {}", transcript.getClass().getName(), session, e);
        }
    }
}
