package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Pool;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of the gateway about how sessions and connections to destinations go together. */
final class PoolOptions {

    private static final int CONNECTIONS = 20;

    enum Mode {
        SYNCHRONOUS,
        MULTIPLEXING,
        TRANSPARENT
    }

    @Option(
            names = "--mode",
            defaultValue = "synchronous",
            paramLabel = "synchronous|multiplexing|transparent",
            description =
                    "Whether each session has a connection to the destination for itself, or transactions lease one "
                            + "of a pool, or the proxy stands in the way of clients that do not know of it "
                            + "(default: ${DEFAULT-VALUE}).")
    private Mode mode;

    @Option(
            names = "--pool",
            paramLabel = "N",
            description = "Connections to one server, with multiplexing (default: " + CONNECTIONS + ").")
    private Optional<Integer> connections;

    @Option(
            names = "--pool-wait",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "How long a transaction waits for one of them (default: 30).")
    private Optional<Duration> wait;

    boolean isTransparent() {
        return mode == Mode.TRANSPARENT;
    }

    /** @throws IllegalArgumentException if options contradict each other or have no value of a setting */
    void applyTo(SmtpProxyBuilder builder) {
        if (mode != Mode.MULTIPLEXING) {
            if (connections.isPresent() || wait.isPresent()) {
                throw new IllegalArgumentException("--pool and --pool-wait need --mode multiplexing");
            }
            return;
        }
        Pool pool = OptionValue.of("--pool", () -> Pool.max(connections.orElse(CONNECTIONS)));
        builder.multiplexing(wait.map(time -> OptionValue.of("--pool-wait", () -> pool.waiting(time)))
                .orElse(pool));
    }
}
