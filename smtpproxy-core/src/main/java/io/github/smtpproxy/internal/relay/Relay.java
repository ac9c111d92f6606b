package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.downstream.ConnectionPool;
import io.github.smtpproxy.internal.downstream.Destinations;
import io.github.smtpproxy.internal.downstream.Offers;
import io.github.smtpproxy.internal.host.Balancing;
import io.github.smtpproxy.internal.host.FaultHook;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.host.Routing;
import io.github.smtpproxy.internal.host.Throttles;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What all sessions of an endpoint share; all but the endpoint is the same for a whole proxy. Any thread. */
public record Relay(
        Endpoint endpoint,
        Timeouts timeouts,
        Routing routing,
        Filters filters,
        Throttles throttling,
        Listeners listeners,
        FaultHook faults,
        Transcript transcript,
        Network network,
        Destinations destinations,
        Balancing balancing,
        Optional<ConnectionPool> pool,
        Offers offers,
        Budget budget,
        BooleanSupplier draining) {

    /** The same for another endpoint. */
    public Relay at(Endpoint another) {
        return new Relay(
                another,
                timeouts,
                routing,
                filters,
                throttling,
                listeners,
                faults,
                transcript,
                network,
                destinations,
                balancing,
                pool,
                offers,
                budget,
                draining);
    }
}
