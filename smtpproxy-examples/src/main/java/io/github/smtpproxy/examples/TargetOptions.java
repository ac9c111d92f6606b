package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.examples.Gateway.HostPort;
import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.DomainRouter;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options of the gateway about the servers behind it, and which of them gets what. */
final class TargetOptions {

    enum Balance {
        IN_ORDER {
            @Override
            Balancer balancer() {
                return Balancer.inOrder();
            }
        },
        ROUND_ROBIN {
            @Override
            Balancer balancer() {
                return Balancer.roundRobin();
            }
        },
        LEAST_BUSY {
            @Override
            Balancer balancer() {
                return Balancer.leastBusy();
            }
        },
        TWO_CHOICES {
            @Override
            Balancer balancer() {
                return Balancer.twoChoices();
            }
        },
        STICKY_CLIENT {
            @Override
            Balancer balancer() {
                return Balancer.stickyByClient();
            }
        },
        STICKY_SENDER {
            @Override
            Balancer balancer() {
                return Balancer.stickyBySender();
            }
        };

        abstract Balancer balancer();
    }

    @Option(
            names = "--to",
            required = true,
            paramLabel = "[!]HOST:PORT[*WEIGHT]",
            converter = ServerConverter.class,
            description = "The destination. May be repeated: with ! it is a spare, which is used while no other is.")
    private List<Server> to;

    @Option(
            names = "--balance",
            defaultValue = "in-order",
            paramLabel = "NAME",
            converter = BalanceConverter.class,
            description = "Which of several destinations is taken: in-order, round-robin, least-busy, two-choices, "
                    + "sticky-client, sticky-sender (default: ${DEFAULT-VALUE}).")
    private Balance balance;

    @Option(
            names = "--route",
            paramLabel = "DOMAIN=HOST:PORT",
            converter = DomainConverter.class,
            description = "Mail for recipients of this domain goes to another destination. May be repeated.")
    private List<DomainRoute> routes = List.of();

    @Option(
            names = "--probe",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "Look at each destination in this interval, whether sessions use it or not.")
    private Optional<Duration> probe;

    /**
     * Where mail goes.
     *
     * @param settings of each destination
     * @throws IllegalArgumentException if one is there twice, or all are spares
     */
    void applyTo(SmtpProxyBuilder builder, UnaryOperator<Destination> settings) {
        Target target = target(settings);
        DomainRouter router = Router.byRecipientDomain();
        for (DomainRoute route : routes) {
            router = router.route(route.domain, settings.apply(Destination.at(route.to.host(), route.to.port())));
        }
        builder.router(routes.isEmpty() ? Router.to(target) : router.otherwise(target));
        probe.ifPresent(builder::probe);
    }

    private Target target(UnaryOperator<Destination> settings) {
        if (to.size() == 1 && !to.get(0).spare) {
            return to.get(0).destination(settings);
        }
        List<Server> first = to.stream().filter(server -> !server.spare).toList();
        if (first.isEmpty()) {
            throw new IllegalArgumentException("--to must be given at least once without !");
        }
        DestinationGroup group = DestinationGroup.of(first.get(0).destination(settings), first.get(0).weight);
        for (Server server : first.subList(1, first.size())) {
            group = group.and(server.destination(settings), server.weight);
        }
        for (Server server : to.stream().filter(s -> s.spare).toList()) {
            group = group.spare(server.destination(settings));
        }
        return group.balancer(balance.balancer());
    }

    private record DomainRoute(String domain, HostPort to) {}

    private record Server(HostPort at, int weight, boolean spare) {

        Destination destination(UnaryOperator<Destination> settings) {
            return settings.apply(Destination.at(at.host(), at.port()));
        }
    }

    static final class DomainConverter implements ITypeConverter<DomainRoute> {
        @Override
        public DomainRoute convert(String value) {
            int equals = value.indexOf('=');
            if (equals < 1) {
                throw new TypeConversionException("must be DOMAIN=HOST:PORT, was '" + value + "'");
            }
            return new DomainRoute(
                    value.substring(0, equals), new HostPort.Converter().convert(value.substring(equals + 1)));
        }
    }

    static final class ServerConverter implements ITypeConverter<Server> {
        private static final Pattern FORM = Pattern.compile("(!?)([^*]+)(?:\\*([1-9]\\d{0,2}|1000))?");

        @Override
        public Server convert(String value) {
            Matcher m = FORM.matcher(value);
            if (!m.matches() || !m.group(1).isEmpty() && m.group(3) != null) {
                throw new TypeConversionException("must be HOST:PORT[*WEIGHT] or !HOST:PORT, was '" + value + "'");
            }
            HostPort at = new HostPort.Converter().convert(m.group(2));
            return new Server(
                    at,
                    m.group(3) == null ? 1 : Integer.parseInt(m.group(3)),
                    !m.group(1).isEmpty());
        }
    }

    static final class BalanceConverter implements ITypeConverter<Balance> {
        @Override
        public Balance convert(String value) {
            try {
                return Balance.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
            } catch (IllegalArgumentException another) {
                throw new TypeConversionException("must be in-order, round-robin, least-busy, two-choices, "
                        + "sticky-client or sticky-sender, was '" + value + "'");
            }
        }
    }
}
