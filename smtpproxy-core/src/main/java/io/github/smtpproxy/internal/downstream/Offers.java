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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * What destinations offer, for sessions whose route is not known yet. All that are in reach are asked at the same time,
 * each by one asker at most, and no session waits for them longer than a few seconds; an offer counts for five minutes.
 * A destination that cannot be asked is left alone for half a minute; meanwhile its last offer counts, and one that never
 * made any offers nothing. Any thread.
 */
public final class Offers implements AutoCloseable {

    /** How long a session waits for a destination from the time that it was asked. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Map<Destination, Offer> known = new ConcurrentHashMap<>();
    private final Network network;
    private final Timeouts timeouts;
    private final Hello hello;
    private final LongSupplier clock;
    private volatile boolean closed;

    public Offers(Network network, Timeouts timeouts, String hostname) {
        this(network, timeouts, hostname, System::nanoTime);
    }

    /** @param clock nanoseconds, by which offers grow old */
    Offers(Network network, Timeouts timeouts, String hostname, LongSupplier clock) {
        this.clock = clock;
        this.network = network;
        this.timeouts = hasty(timeouts);
        this.hello = new Hello(true, hostname);
    }

    /** Each single wait of an asker; several of them may be longer than a session waits. */
    private static Timeouts hasty(Timeouts timeouts) {
        return timeouts.connect(shorter(timeouts.connect()))
                .greeting(shorter(timeouts.greeting()))
                .command(shorter(timeouts.command()))
                .dataBlock(shorter(timeouts.dataBlock()));
    }

    private static Duration shorter(Duration timeout) {
        return timeout.compareTo(PATIENCE) < 0 ? timeout : PATIENCE;
    }

    /** What all of these offer alike. */
    public Extensions common(Set<Destination> destinations, Wire.Log name) {
        List<Offer> offers = destinations.stream()
                .map(d -> known.computeIfAbsent(d, key -> new Offer(key, clock)))
                .toList();
        offers.forEach(offer -> refresh(offer, name));
        return offers.stream()
                .map(Offer::extensions)
                .reduce(Extensions::intersect)
                .orElse(Extensions.none());
    }

    private void refresh(Offer offer, Wire.Log name) {
        if (!closed) {
            offer.refresh(network.threads(), new BreakableNetwork(network), timeouts, hello, name);
        }
    }

    /** Breaks off what is being asked; nothing is asked any more. */
    @Override
    public void close() {
        closed = true;
        known.values().forEach(Offer::breakOff);
    }
}
