package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * What destinations offer in reply to EHLO, for sessions whose route is not known yet. All destinations in reach are
 * queried in parallel, each by one query at a time, and no session waits longer than a few seconds for that. An offer is
 * used for five minutes, and so is what a session's own EHLO shows. After a query that failed there is none for half a minute; until then the last offer is used, or
 * no extension if there never was one. Any thread.
 */
public final class Offers implements AutoCloseable {

    /** How long a session waits for a query, from its start. */
    static final Duration MAX_WAIT = Duration.ofSeconds(5);

    private final Map<Destination, Offer> known = new ConcurrentHashMap<>();
    private final Network network;
    private final Timeouts timeouts;
    private final Hello hello;
    private final LongSupplier clock;
    private final Permits permits;
    private volatile boolean closed;

    public Offers(Network network, Timeouts timeouts, String hostname, Permits permits) {
        this(network, timeouts, hostname, permits, System::nanoTime);
    }

    /** @param clock nanoseconds, for the age of offers */
    Offers(Network network, Timeouts timeouts, String hostname, Permits permits, LongSupplier clock) {
        this.permits = permits;
        this.clock = clock;
        this.network = network;
        this.timeouts = shortened(timeouts);
        this.hello = new Hello(true, hostname);
    }

    /** The limits of each step of a query; its steps together may take longer than a session waits. */
    static Timeouts shortened(Timeouts timeouts) {
        return timeouts.connect(shorter(timeouts.connect()))
                .greeting(shorter(timeouts.greeting()))
                .command(shorter(timeouts.command()))
                .dataBlock(shorter(timeouts.dataBlock()));
    }

    private static Duration shorter(Duration timeout) {
        return timeout.compareTo(MAX_WAIT) < 0 ? timeout : MAX_WAIT;
    }

    /** What all of these offer. */
    public Extensions common(Set<Destination> destinations, Wire.Log name) {
        List<Offer> offers = destinations.stream()
                .map(d -> known.computeIfAbsent(d, key -> new Offer(key, clock, permits)))
                .toList();
        offers.forEach(offer -> refresh(offer, name));
        return offers.stream()
                .map(Offer::extensions)
                .reduce(Extensions::intersect)
                .orElse(Extensions.none());
    }

    /** What a destination offered to somebody else just now. */
    public void learn(Destination from, Extensions offered) {
        Optional.ofNullable(known.get(from)).ifPresent(offer -> offer.learn(offered));
    }

    private void refresh(Offer offer, Wire.Log name) {
        if (!closed) {
            offer.refresh(network.threads(), new BreakableNetwork(network), timeouts, hello, name);
        }
    }

    /** Ends all queries; no other is started. */
    @Override
    public void close() {
        closed = true;
        known.values().forEach(Offer::abort);
    }
}
