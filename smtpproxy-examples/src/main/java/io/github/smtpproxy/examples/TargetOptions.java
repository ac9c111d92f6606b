package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.DomainRouter;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.routing.AuthHttp;
import io.github.smtpproxy.routing.MxRouter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options of the gateway about the servers behind it, and which of them gets what. */
final class TargetOptions {

    private static final Duration WATCHED = Duration.ofSeconds(10);

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
            paramLabel = "[!]HOST:PORT[*WEIGHT]",
            converter = ServerConverter.class,
            description = "The destination. May be repeated: with ! it is a spare, which is used while no other is.")
    private List<Server> to = List.of();

    @Option(
            names = "--balance",
            paramLabel = "NAME",
            converter = BalanceConverter.class,
            description = "Which of several destinations is taken: in-order, round-robin, least-busy, two-choices, "
                    + "sticky-client, sticky-sender (default: in-order).")
    private Optional<Balance> balance;

    @Option(
            names = "--route",
            paramLabel = "DOMAIN=HOST:PORT",
            converter = DomainConverter.class,
            description = "Mail for recipients of this domain goes to another destination. May be repeated.")
    private List<DomainRoute> routes = List.of();

    @Option(names = "--mx", description = "Mail goes to the mail exchangers of each recipient's domain, without --to.")
    private boolean mx;

    @Option(
            names = "--auth-http",
            paramLabel = "URL",
            description =
                    "Ask this server of nginx's auth_http protocol who may log in and where mail goes; EHLO offers "
                            + "what the servers of --to have in common.")
    private Optional<String> authHttp;

    @Option(
            names = "--probe",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "Look at each destination in this interval, whether sessions use it or not.")
    private Optional<Duration> probe;

    /**
     * Where clients wanted to go.
     *
     * @throws IllegalArgumentException if other options decide where mail goes
     */
    void applyTransparent(SmtpProxyBuilder builder) {
        if (!to.isEmpty() || !routes.isEmpty() || mx || authHttp.isPresent() || probe.isPresent()) {
            throw new IllegalArgumentException("--mode transparent leads clients where they wanted to go:"
                    + " not with --to, --route, --mx, --auth-http or --probe");
        }
        builder.router(Router.originalDestination());
    }

    /**
     * Where mail goes.
     *
     * @param settings of each destination
     * @param dns finds mail exchangers
     * @param watched whether servers are to be probed even where nothing says so
     * @throws IllegalArgumentException if one is there twice, all are spares, or options contradict each other
     */
    void applyTo(
            SmtpProxyBuilder builder, UnaryOperator<Destination> settings, Supplier<Resolver> dns, boolean watched) {
        builder.router(router(settings, dns));
        Optional<Duration> unsaid = Optional.of(WATCHED).filter(time -> watched && namesServers());
        probe.or(() -> unsaid).ifPresent(every -> OptionValue.of("--probe", () -> builder.probe(every)));
    }

    /** Whether all destinations are servers that options name. */
    boolean namesServers() {
        return !to.isEmpty() && !mx && authHttp.isEmpty();
    }

    /** The endpoint, where the server that knows the routes knows the users too. */
    Endpoint applyTo(Endpoint endpoint) {
        if (authHttp.isEmpty()) {
            return endpoint;
        }
        if (endpoint.authenticator().isPresent()) {
            throw new IllegalArgumentException("--auth-http excludes --users: each decides who may log in");
        }
        return endpoint.authenticate(asked());
    }

    private Router router(UnaryOperator<Destination> settings, Supplier<Resolver> dns) {
        if (authHttp.isPresent()) {
            return authHttp(settings);
        }
        if (mx) {
            return mx(settings, dns);
        }
        if (to.isEmpty()) {
            throw new IllegalArgumentException("--to, --mx or --auth-http must be given");
        }
        Target target = target(settings);
        return routes.isEmpty() ? Router.to(target) : byDomain(settings).otherwise(target);
    }

    private Router authHttp(UnaryOperator<Destination> settings) {
        if (mx || !routes.isEmpty()) {
            throw new IllegalArgumentException("--auth-http excludes --mx and --route: it decides where mail goes");
        }
        AuthHttp asked = asked().destination(settings);
        return to.isEmpty() ? asked : asked.reach(target(settings));
    }

    private AuthHttp asked() {
        return OptionValue.of(
                "--auth-http", () -> AuthHttp.at(authHttp.orElseThrow()).optional());
    }

    private Router mx(UnaryOperator<Destination> settings, Supplier<Resolver> dns) {
        if (!to.isEmpty()) {
            throw new IllegalArgumentException("--mx and --to exclude each other: each decides where mail goes");
        }
        if (balance.isPresent()) {
            throw new IllegalArgumentException("--balance is for --to: with --mx, DNS has the order");
        }
        if (probe.isPresent() && routes.isEmpty()) {
            throw new IllegalArgumentException("--probe looks at servers of --to and --route, and --mx names none");
        }
        String own = Endpoint.at("127.0.0.1", 0).hostname();
        MxRouter all = MxRouter.by(dns.get()).destination(settings);
        MxRouter exchangers = HostName.isValid(own) ? all.ourselves(own) : all;
        return routes.isEmpty()
                ? exchangers
                : Router.firstMatch(byDomain(settings).otherwiseUndecided(), exchangers);
    }

    private DomainRouter byDomain(UnaryOperator<Destination> settings) {
        DomainRouter router = Router.byRecipientDomain();
        for (DomainRoute route : routes) {
            router = with(router, route, settings);
        }
        return router;
    }

    private static DomainRouter with(DomainRouter router, DomainRoute route, UnaryOperator<Destination> settings) {
        return OptionValue.of("--route " + route.domain, route.text, () -> {
            Destination to = settings.apply(Destination.at(route.to.host(), route.to.port()));
            return router.route(route.domain, to);
        });
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
        return group.balancer(balance.orElse(Balance.IN_ORDER).balancer());
    }

    private record DomainRoute(String text, String domain, HostPort to) {}

    private record Server(String text, HostPort at, int weight, boolean spare) {

        Destination destination(UnaryOperator<Destination> settings) {
            return OptionValue.of("--to " + at, text, () -> settings.apply(Destination.at(at.host(), at.port())));
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
                    value, value.substring(0, equals), new HostPort.Converter().convert(value.substring(equals + 1)));
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
                    value,
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
