package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.Transport;
import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import java.time.Duration;

/** The code of the pages on limits, malformed input and transports. */
final class Settings {

    private Settings() {}

    static void limits(SmtpProxyBuilder builder) {
        // snippet: limits
        builder.listen(Endpoint.port(25).maxConnections(5_000).maxRecipients(100))
                .timeouts(Timeouts.defaults().clientCommand(Duration.ofMinutes(1)))
                .maxHeldOctets(512L << 20);
        // end
    }

    static Endpoint bareNewlines() {
        // snippet: bare-newlines
        Endpoint endpoint = Endpoint.port(25).bareNewlines(BareNewlines.NORMALIZE);
        // end
        return endpoint;
    }

    static void transport(SmtpProxyBuilder builder) {
        // snippet: transport
        builder.transport(Transport.eventLoops()); // start() fails where this JVM cannot have them
        // end
    }
}
