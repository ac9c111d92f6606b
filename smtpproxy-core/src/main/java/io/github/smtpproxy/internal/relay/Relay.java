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
import io.github.smtpproxy.internal.host.ThrottleChain;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.session.Attributes;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What all sessions of an endpoint share; all but the endpoint is the same for a whole proxy. Any thread.
 *
 * @param given sets the attributes that every session has, whoever its client is
 */
public record Relay(
        Endpoint endpoint,
        Timeouts timeouts,
        Routing routing,
        Filters filters,
        ThrottleChain throttling,
        Listeners listeners,
        FaultHook faults,
        Transcript transcript,
        Network network,
        Destinations destinations,
        Balancing balancing,
        Optional<ConnectionPool> pool,
        Offers offers,
        Budget budget,
        Consumer<Attributes> given,
        BooleanSupplier draining,
        Pressure pressure) {

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
                given,
                draining,
                pressure.at(another.maxConnections()));
    }
}
