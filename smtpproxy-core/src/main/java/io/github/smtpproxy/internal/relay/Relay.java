package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.downstream.Offers;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.route.Router;
import java.util.function.BooleanSupplier;

/** What all sessions of a proxy share. Any thread. */
public record Relay(
        Endpoint endpoint,
        Timeouts timeouts,
        Router router,
        FilterPipeline filters,
        Throttling throttling,
        Listeners listeners,
        Transcript transcript,
        Network network,
        Offers offers,
        Budget budget,
        BooleanSupplier draining) {}
