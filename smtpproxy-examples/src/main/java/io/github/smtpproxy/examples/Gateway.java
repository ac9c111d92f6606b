package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.route.DestinationStatus;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** A proxy to run from the command line, before servers that it names. */
@Command(
        name = "smtpproxy-gateway",
        description = "Relays SMTP sessions to a destination, command by command.",
        mixinStandardHelpOptions = true,
        versionProvider = Gateway.Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class Gateway implements Callable<Integer> {

    private static final Logger log = LoggerFactory.getLogger(Gateway.class);

    private static final String TLS_EXTENSIONS = "jdk.tls.server.disableExtensions";
    private static final String REQUEST_SECONDS = "sun.net.httpserver.maxReqTime";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Read options from this file too, one a line: 'name = value', without the dashes. What is on "
                    + "the command line replaces what the file has of that option.")
    private Optional<Path> config;

    @Option(names = "--check", description = "Say whether the options are valid, and serve nothing.")
    private boolean check;

    @Mixin
    private ListenOptions listenOptions;

    @Mixin
    private TargetOptions targetOptions;

    @Mixin
    private PoolOptions poolOptions;

    @Mixin
    private TransparentOptions transparentOptions;

    @Mixin
    private TransportOptions transportOptions;

    @Mixin
    private DestinationOptions destinationOptions;

    @Mixin
    private FilterOptions filterOptions;

    @Mixin
    private VerifyOptions verifyOptions;

    @Mixin
    private MilterOptions milterOptions;

    @Mixin
    private SigningOptions signingOptions;

    @Mixin
    private LimitOptions limitOptions;

    @Mixin
    private PaceOptions paceOptions;

    @Mixin
    private StateOptions stateOptions;

    @Mixin
    private InspectOptions inspectOptions;

    @Mixin
    private AdminOptions adminOptions;

    @Option(
            names = "--unready",
            defaultValue = "0",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description =
                    "How long sessions are still taken after SIGTERM, while /readyz says that no more should come "
                            + "(default: ${DEFAULT-VALUE}).")
    private Duration unready;

    @Option(
            names = "--drain",
            defaultValue = "10",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "How long running transactions may continue after that: seconds, or a number with ms, s, m "
                    + "or h (default: ${DEFAULT-VALUE}).")
    private Duration drain;

    @Mixin
    private LogOptions logOptions;

    @Option(names = "--verbose", description = "Print both conversations, message content excepted.")
    private boolean verbose;

    private final Reload reload = new Reload();
    private final CompletableFuture<GatewayService> running = new CompletableFuture<>();

    private Gateway() {}

    /** Runs it until a signal ends it. */
    public static void main(String[] args) {
        BufferedLog.install();
        setUnlessSet(TLS_EXTENSIONS, "server_name");
        setUnlessSet(REQUEST_SECONDS, "10");
        System.exit(commandLine().execute(args));
    }

    /**
     * What the JDK reads once. It rejects TLS clients that ask for a server name (SNI) that is no host name, such as a
     * container's {@code mail_gateway}, where there is one certificate here for all names; and it waits for ever for the rest
     * of a request by HTTP.
     */
    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    static CommandLine commandLine() {
        return commandLine(Optional.empty()).setExecutionStrategy(Gateway::withConfig);
    }

    private static CommandLine commandLine(Optional<ConfigFile> config) {
        UsageErrors errors = new UsageErrors(config);
        return new CommandLine(new Gateway())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(errors)
                .setExecutionExceptionHandler(errors);
    }

    /** Runs the command, anew where there is a file with more options of it. */
    private static int withConfig(ParseResult parsed) {
        CommandLine command = parsed.commandSpec().commandLine();
        Optional<Path> path = ((Gateway) parsed.commandSpec().userObject()).config;
        if (path.isEmpty() || command.isUsageHelpRequested() || command.isVersionHelpRequested()) {
            return new RunLast().execute(parsed);
        }
        ConfigFile file = invalidAs(command, () -> ConfigFile.load(path.get(), parsed.commandSpec()))
                .without(parsed::hasMatchedOption);
        List<String> all = new ArrayList<>(file.arguments());
        all.addAll(parsed.originalArgs());
        return commandLine(Optional.of(file))
                .setOut(command.getOut())
                .setErr(command.getErr())
                .execute(all.toArray(String[]::new));
    }

    @Override
    public Integer call() {
        logOptions.apply();
        if (stateOptions.mayHoldPassword()) {
            config.ifPresent(SecretFile::checked);
        }
        if (check) {
            checked();
            spec.commandLine().getOut().println("the options are valid");
            return 0;
        }
        boolean handled = handleSignals();
        GatewayService service = started();
        tell(service);
        if (!handled) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> endByHook(service), "smtpproxy-drain"));
        }
        running.complete(service);
        service.awaitEnd();
        adminOptions.close();
        stateOptions.close();
        log.info("ended");
        BufferedLog.finish();
        return 0;
    }

    /** One that comes before the proxy serves is handled when it does. */
    private boolean handleSignals() {
        Signals.handle("HUP", () -> running.thenRun(reload::all));
        Signals.handle("INT", () -> running.thenAccept(service -> service.end("SIGINT")));
        return Signals.handle("TERM", () -> running.thenAccept(service -> service.end("SIGTERM")));
    }

    private static void endByHook(GatewayService service) {
        service.end("the end of the program");
        BufferedLog.finish();
    }

    private void checked() {
        try {
            configured();
        } finally {
            adminOptions.close();
            stateOptions.close();
        }
    }

    private GatewayService started() {
        try {
            SmtpProxyBuilder builder = configured();
            adminOptions.open();
            return new GatewayService(builder.start(), unready, drain);
        } catch (RuntimeException | Error e) {
            adminOptions.close();
            stateOptions.close();
            throw e;
        }
    }

    private void tell(GatewayService service) {
        adminOptions.serve(service, targetOptions.namesServers());
        List<String> listening = listening(service.proxy());
        log.info(
                "{} on Java {}: listening on {}, destinations {}, {}",
                Version.text(),
                Runtime.version(),
                String.join(" ", listening),
                destinations(service.proxy()),
                service.proxy().transport());
        listening.forEach(address -> System.out.println("listening on " + address));
        System.out.flush();
    }

    private List<String> listening(SmtpProxy proxy) {
        List<String> shown = new ArrayList<>();
        for (InetSocketAddress address : proxy.addresses()) {
            shown.add(listenOptions.shown(shown.size(), address.getPort()));
        }
        return shown;
    }

    private static String destinations(SmtpProxy proxy) {
        String known = proxy.destinations().stream()
                .map(DestinationStatus::destination)
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
        return known.isEmpty() ? "by session" : known;
    }

    private SmtpProxyBuilder configured() {
        return invalidAs(spec.commandLine(), () -> {
            SmtpProxyBuilder builder = SmtpProxy.builder().transport(transportOptions.transport());
            route(builder);
            listenOptions
                    .endpoints(poolOptions.isTransparent(), targetOptions::applyTo, reload)
                    .forEach(builder::listen);
            transparentOptions.applyTo(builder, poolOptions.isTransparent());
            poolOptions.applyTo(builder);
            filterOptions.applyTo(builder, verifyOptions.filter());
            milterOptions.applyTo(builder, filterOptions::observed);
            signingOptions.applyTo(builder, reload);
            limitOptions.applyTo(builder, filterOptions.exemptFromLimits());
            paceOptions.applyTo(builder, filterOptions.exemptFromLimits());
            stateOptions.applyTo(builder);
            inspectOptions.applyTo(builder);
            adminOptions.applyTo(builder);
            if (verbose) {
                builder.transcript(TwoLanes.named(System.out));
            }
            refuseTwoAtOnePort();
            builder.check();
            return builder;
        });
    }

    private void route(SmtpProxyBuilder builder) {
        if (poolOptions.isTransparent()) {
            targetOptions.applyTransparent(builder);
        } else {
            targetOptions.applyTo(
                    builder, destinationOptions::applyTo, filterOptions::resolver, adminOptions.isWanted());
        }
    }

    private void refuseTwoAtOnePort() {
        Set<String> taken = new HashSet<>();
        Stream.of(listenOptions.addresses(), inspectOptions.address(), adminOptions.address())
                .flatMap(addresses -> addresses)
                .filter(address -> address.port() > 0)
                .map(HostPort::toString)
                .filter(address -> !taken.add(address))
                .findFirst()
                .ifPresent(twice -> {
                    throw new IllegalArgumentException(
                            "--listen, --inspect and --admin must have addresses of their own, " + "but " + twice
                                    + " is there twice");
                });
    }

    /** Invalid values, and those that contradict each other, are errors of the command line. */
    private static <T> T invalidAs(CommandLine command, Supplier<T> made) {
        try {
            return made.get();
        } catch (OptionException invalid) {
            throw new ParameterException(command, invalid.getMessage(), invalid, null, invalid.value());
        } catch (IllegalArgumentException | IllegalStateException invalid) {
            throw new ParameterException(command, invalid.getMessage(), invalid);
        }
    }

    static final class Version implements IVersionProvider {

        static String text() {
            String version = Gateway.class.getPackage().getImplementationVersion();
            return "smtpproxy-gateway " + (version == null ? "(unpackaged)" : version);
        }

        @Override
        public String[] getVersion() {
            return new String[] {text()};
        }
    }
}
