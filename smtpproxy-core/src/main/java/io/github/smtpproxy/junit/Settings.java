package io.github.smtpproxy.junit;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What an extension is made of.
 *
 * @param server in front of which it stands; empty where it has one of its own
 * @param patience how long a conversation is waited for
 * @param record gets the record of a test that failed
 */
record Settings(
        Optional<Supplier<Destination>> server,
        Endpoint endpoint,
        Duration patience,
        Optional<String> hostProperty,
        Optional<String> portProperty,
        Consumer<String> record,
        Consumer<SmtpProxyBuilder> customization) {

    static Settings of(Optional<Supplier<Destination>> server) {
        return new Settings(
                server,
                Endpoint.at("127.0.0.1", 0).hostname("localhost").received(false),
                Duration.ofSeconds(10),
                Optional.empty(),
                Optional.empty(),
                System.err::print,
                builder -> {});
    }

    Settings endpoint(Endpoint value) {
        return new Settings(server, value, patience, hostProperty, portProperty, record, customization);
    }

    Settings patience(Duration value) {
        return new Settings(server, endpoint, value, hostProperty, portProperty, record, customization);
    }

    Settings hostProperty(String name) {
        return new Settings(server, endpoint, patience, Optional.of(name), portProperty, record, customization);
    }

    Settings portProperty(String name) {
        return new Settings(server, endpoint, patience, hostProperty, Optional.of(name), record, customization);
    }

    Settings record(Consumer<String> to) {
        return new Settings(server, endpoint, patience, hostProperty, portProperty, to, customization);
    }

    Settings customization(Consumer<SmtpProxyBuilder> further) {
        return new Settings(
                server, endpoint, patience, hostProperty, portProperty, record, customization.andThen(further));
    }
}
