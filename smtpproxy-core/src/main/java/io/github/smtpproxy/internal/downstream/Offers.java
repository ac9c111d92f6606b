package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.Timeouts;
import io.github.smtpproxy.internal.transport.Transport;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.TlsPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What destinations offer, for sessions whose route is not known yet: each is asked once in five minutes. A destination
 * that cannot be asked offers nothing. Any thread.
 */
public final class Offers {

    private static final Logger log = LoggerFactory.getLogger(Offers.class);
    private static final long FRESH_NANOS = Duration.ofMinutes(5).toNanos();

    private final Map<Destination, Offer> known = new ConcurrentHashMap<>();
    private final Transport transport;
    private final Timeouts timeouts;
    private final Hello hello;

    private record Offer(Extensions extensions, long since) {}

    public Offers(Transport transport, Timeouts timeouts, String hostname) {
        this.transport = transport;
        this.timeouts = timeouts;
        this.hello = new Hello(true, hostname);
    }

    /** What all of these offer alike. */
    public Extensions common(Set<Destination> destinations, Wire.Log name) {
        return destinations.stream()
                .map(d -> of(d, name))
                .reduce(Extensions::intersect)
                .orElse(Extensions.none());
    }

    private Extensions of(Destination destination, Wire.Log name) {
        Offer offer = known.get(destination);
        if (offer == null || System.nanoTime() - offer.since > FRESH_NANOS) {
            offer = new Offer(ask(destination, name), System.nanoTime());
            if (!offer.extensions.keywords().isEmpty()) {
                known.put(destination, offer);
            }
        }
        return offer.extensions;
    }

    private Extensions ask(Destination destination, Wire.Log name) {
        try (Downstream downstream = Downstream.connect(transport, destination, timeouts, name, Optional.empty())) {
            if (downstream.greeting().isPositive()) {
                Handshake handshake = new Handshake(downstream, name, Optional.empty());
                if (handshake.failedWhereTlsWasWorthATry(handshake.introduce(hello))) {
                    return ask(destination.startTls(TlsPolicy.NONE), name);
                }
            }
            Extensions offered = downstream.extensions();
            downstream.quit();
            return offered;
        } catch (IOException e) {
            log.warn("{}: cannot ask {} what it offers: {}", name.session(), destination, e.toString());
            return Extensions.none();
        }
    }
}
