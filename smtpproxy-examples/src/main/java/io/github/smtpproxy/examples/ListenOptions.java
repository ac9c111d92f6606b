package io.github.smtpproxy.examples;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.examples.EndpointOptions.Tls;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where the gateway listens, and what it takes there. */
final class ListenOptions {

    enum Switch {
        ON,
        OFF
    }

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT[=TLS]",
            converter = ListenConverter.class,
            description = "Where to listen; port 0 takes a free one. May be repeated, each with its own --tls behind "
                    + "it, such as 0.0.0.0:465=implicit.")
    private List<Listen> listen = List.of();

    @Option(
            names = "--max-connections",
            defaultValue = "1000",
            paramLabel = "N",
            description = "Sessions at once at each address (default: ${DEFAULT-VALUE}).")
    private int maxConnections;

    @Option(
            names = "--max-recipients",
            defaultValue = "1000",
            paramLabel = "N",
            description = "Recipients of a transaction (default: ${DEFAULT-VALUE}).")
    private int maxRecipients;

    @Option(
            names = "--bare-newlines",
            defaultValue = "reject",
            paramLabel = "reject|normalize|pass",
            description = "What to do with a CR or LF that stands alone (default: ${DEFAULT-VALUE}).")
    private BareNewlines bareNewlines;

    @Option(
            names = "--received",
            paramLabel = "on|off",
            description =
                    "Whether messages get a Received field (default: on, or off where clients take the gateway for "
                            + "the destination).")
    private Optional<Switch> received;

    @Mixin
    private EndpointOptions endpointOptions;

    /**
     * @param transparent whether clients do not know of the gateway
     * @param more of each endpoint
     * @param reload gets the files that can be read again
     * @throws IllegalArgumentException if options contradict each other, or have no value of a setting
     */
    List<Endpoint> endpoints(boolean transparent, UnaryOperator<Endpoint> more, Reload reload) {
        if (listen.isEmpty()) {
            throw new IllegalArgumentException("--listen must be given");
        }
        endpointOptions.load(reload);
        return listen.stream()
                .map(where -> more.apply(endpoint(where, transparent)))
                .map(endpoint -> received.map(value -> endpoint.received(value == Switch.ON))
                        .orElse(endpoint))
                .toList();
    }

    /** Where it is told to listen. */
    Stream<HostPort> addresses() {
        return listen.stream().map(Listen::at);
    }

    /** How the address of this one was given. */
    String shown(int index, int realPort) {
        return listen.get(index).at.on(realPort);
    }

    private Endpoint endpoint(Listen where, boolean transparent) {
        HostPort at = where.at;
        Endpoint plain = OptionValue.of(
                        "--listen",
                        where.text,
                        () -> Endpoint.at(at.resolvable().host(), at.port()))
                .bareNewlines(bareNewlines);
        Endpoint limited = OptionValue.of("--max-connections", () -> plain.maxConnections(maxConnections));
        Endpoint endpoint = OptionValue.of("--max-recipients", () -> limited.maxRecipients(maxRecipients));
        return where.tls.isEmpty()
                ? endpointOptions.applyTo(endpoint, where.tls, transparent)
                : OptionValue.of(
                        "--listen", where.text, () -> endpointOptions.applyTo(endpoint, where.tls, transparent));
    }

    private record Listen(String text, HostPort at, Optional<Tls> tls) {}

    static final class ListenConverter implements ITypeConverter<Listen> {
        @Override
        public Listen convert(String value) {
            int equals = value.indexOf('=');
            if (equals < 0) {
                return new Listen(value, new HostPort.Converter().convert(value), Optional.empty());
            }
            return new Listen(
                    value,
                    new HostPort.Converter().convert(value.substring(0, equals)),
                    Optional.of(tls(value.substring(equals + 1))));
        }

        private static Tls tls(String name) {
            try {
                return Tls.valueOf(name.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException another) {
                throw new TypeConversionException(
                        "must have a value of --tls behind '=', such as implicit, was '" + name + "'");
            }
        }
    }
}
