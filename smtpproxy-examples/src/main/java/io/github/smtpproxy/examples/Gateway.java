package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.Transport;
import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** A proxy to run from the command line: one address to listen on, one destination. */
@Command(
        name = "smtpproxy-gateway",
        description = "Relays SMTP sessions to a destination, command by command.",
        mixinStandardHelpOptions = true,
        versionProvider = Gateway.Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class Gateway implements Callable<Integer> {

    enum Carrier {
        AUTOMATIC {
            @Override
            Transport transport() {
                return Transport.automatic();
            }
        },
        EVENT_LOOPS {
            @Override
            Transport transport() {
                return Transport.eventLoops();
            }
        },
        PLAIN {
            @Override
            Transport transport() {
                return Transport.plain();
            }
        };

        abstract Transport transport();
    }

    enum Switch {
        ON,
        OFF
    }

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "HOST:PORT",
            converter = HostPort.Converter.class,
            description = "Where to listen; port 0 takes a free one.")
    private HostPort listen;

    @Mixin
    private TargetOptions targetOptions;

    @Mixin
    private PoolOptions poolOptions;

    @Mixin
    private TransparentOptions transparentOptions;

    @Option(
            names = "--max-connections",
            defaultValue = "1000",
            paramLabel = "N",
            description = "Sessions at once (default: ${DEFAULT-VALUE}).")
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

    @Option(
            names = "--transport",
            defaultValue = "automatic",
            paramLabel = "automatic|event-loops|plain",
            converter = CarrierConverter.class,
            description = "What carries sessions: event loops on JDK 21 and later, or plain sockets "
                    + "(default: ${DEFAULT-VALUE}).")
    private Carrier carrier;

    @Mixin
    private EndpointOptions endpointOptions;

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

    @Option(
            names = "--drain",
            defaultValue = "10",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description =
                    "How long running transactions may continue after SIGTERM: seconds, or a number with ms, s, m "
                            + "or h (default: ${DEFAULT-VALUE}).")
    private Duration drain;

    @Option(names = "--verbose", description = "Print both conversations, message content excepted.")
    private boolean verbose;

    private static final Pattern PASSWORDS = Pattern.compile("(?s)(?<=://).*(?=@)");
    private static final String TLS_EXTENSIONS = "jdk.tls.server.disableExtensions";

    private Gateway() {}

    /** Runs it until a signal ends it. */
    public static void main(String[] args) {
        BufferedLog.install();
        takeAnyServerName();
        System.exit(commandLine().execute(args));
    }

    /**
     * The JDK rejects TLS clients that ask for a server name (SNI) that is no host name, such as a container's
     * {@code mail_gateway}. There is one certificate here for all names. The JDK reads the property once, before the first
     * handshake.
     */
    private static void takeAnyServerName() {
        if (System.getProperty(TLS_EXTENSIONS) == null) {
            System.setProperty(TLS_EXTENSIONS, "server_name");
        }
    }

    static CommandLine commandLine() {
        CommandLine plain = new CommandLine(new Gateway());
        IParameterExceptionHandler usage = plain.getParameterExceptionHandler();
        return plain.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(
                        (invalid, args) -> usage.handleParseException(withoutPasswords(invalid), args))
                .setExecutionExceptionHandler((failure, commandLine, parsed) -> {
                    commandLine.getErr().println("smtpproxy-gateway: cannot start: " + oneLine(failure));
                    return 1;
                });
    }

    /** A misspelt option is shown with its value, which may be an address with a password. */
    private static ParameterException withoutPasswords(ParameterException invalid) {
        return invalid instanceof UnmatchedArgumentException
                        && invalid.getMessage().contains("://")
                ? new ParameterException(
                        invalid.getCommandLine(),
                        PASSWORDS.matcher(invalid.getMessage()).replaceAll("..."))
                : invalid;
    }

    @Override
    public Integer call() throws Exception {
        SmtpProxy proxy = started();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(proxy), "smtpproxy-drain"));
        System.out.println("listening on " + listen.on(proxy.address().getPort()));
        System.out.flush();
        new CountDownLatch(1).await(); // the hook ends the program
        return 0;
    }

    private SmtpProxy started() {
        try {
            return configured().start();
        } catch (RuntimeException | Error e) {
            stateOptions.close();
            throw e;
        }
    }

    private SmtpProxyBuilder configured() {
        // invalid values are errors of the command line
        try {
            SmtpProxyBuilder builder = SmtpProxy.builder().listen(endpoint());
            if (poolOptions.isTransparent()) {
                targetOptions.applyTransparent(builder);
            } else {
                targetOptions.applyTo(builder, destinationOptions::applyTo, filterOptions::resolver);
            }
            transparentOptions.applyTo(builder, poolOptions.isTransparent());
            builder.transport(carrier.transport());
            poolOptions.applyTo(builder);
            filterOptions.applyTo(builder, verifyOptions.filter());
            milterOptions.applyTo(builder, filterOptions::observed);
            signingOptions.applyTo(builder);
            limitOptions.applyTo(builder, filterOptions.exemptFromLimits());
            paceOptions.applyTo(builder, filterOptions.exemptFromLimits());
            stateOptions.applyTo(builder);
            inspectOptions.applyTo(builder);
            if (verbose) {
                builder.transcript(TwoLanes.named(System.out));
            }
            return builder;
        } catch (IllegalArgumentException unusable) {
            throw new ParameterException(spec.commandLine(), unusable.getMessage(), unusable);
        }
    }

    private Endpoint endpoint() {
        Endpoint plain = Endpoint.at(listen.host(), listen.port())
                .maxConnections(maxConnections)
                .maxRecipients(maxRecipients)
                .bareNewlines(bareNewlines);
        Endpoint endpoint = targetOptions.applyTo(endpointOptions.applyTo(plain, poolOptions.isTransparent()));
        return received.map(value -> endpoint.received(value == Switch.ON)).orElse(endpoint);
    }

    private void stop(SmtpProxy proxy) {
        proxy.drain(drain);
        proxy.close();
        stateOptions.close();
        BufferedLog.finish();
    }

    private static String oneLine(Exception failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.replaceAll("\\s*\\R\\s*", " ");
    }

    /**
     * A host and a port as given.
     *
     * @param host a name or an address, without brackets
     * @param port 0 to 65535
     */
    record HostPort(String host, int port) {

        private static final Pattern FORM = Pattern.compile("(?:\\[([^\\]\\s]+)\\]|([^:\\s]+)):(\\d{1,5})");

        String on(int realPort) {
            return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + realPort;
        }

        static final class Converter implements ITypeConverter<HostPort> {
            @Override
            public HostPort convert(String value) {
                Matcher m = FORM.matcher(value);
                if (!m.matches() || Integer.parseInt(m.group(3)) > 65535) {
                    throw new TypeConversionException("must be HOST:PORT, was '" + value + "'");
                }
                return new HostPort(m.group(1) == null ? m.group(2) : m.group(1), Integer.parseInt(m.group(3)));
            }
        }
    }

    static final class CarrierConverter implements ITypeConverter<Carrier> {
        @Override
        public Carrier convert(String value) {
            try {
                return Carrier.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
            } catch (IllegalArgumentException another) {
                throw new TypeConversionException("must be automatic, event-loops or plain, was '" + value + "'");
            }
        }
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Gateway.class.getPackage().getImplementationVersion();
            return new String[] {"smtpproxy-gateway " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
