package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.InvalidPropertyException.checked;

import io.github.smtpproxy.Transport;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.spring.SmtpProxyProperties.Carrier;
import io.github.smtpproxy.spring.SmtpProxyProperties.Shared;
import io.github.smtpproxy.spring.SmtpProxyProperties.Waits;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Timeouts, pool and transport as properties tell of them; what is not set has the library's default. */
final class ConfiguredLimits {

    private ConfiguredLimits() {}

    static Timeouts timeouts(Waits waits) {
        String prefix = "smtpproxy.timeouts.";
        Timeouts t = Timeouts.defaults();
        t = set(t, prefix + "connect", waits.connect(), Timeouts::connect);
        t = set(t, prefix + "greeting", waits.greeting(), Timeouts::greeting);
        t = set(t, prefix + "command", waits.command(), Timeouts::command);
        t = set(t, prefix + "data-command", waits.dataCommand(), Timeouts::dataCommand);
        t = set(t, prefix + "data-block", waits.dataBlock(), Timeouts::dataBlock);
        t = set(t, prefix + "final-dot", waits.finalDot(), Timeouts::finalDot);
        t = set(t, prefix + "client-command", waits.clientCommand(), Timeouts::clientCommand);
        t = set(t, prefix + "tls-handshake", waits.tlsHandshake(), Timeouts::tlsHandshake);
        t = set(t, prefix + "proxy-header", waits.proxyHeader(), Timeouts::proxyHeader);
        t = set(t, prefix + "failover", waits.failover(), Timeouts::failover);
        t = set(t, prefix + "routing", waits.routing(), Timeouts::routing);
        t = set(t, prefix + "session", waits.session(), Timeouts::session);
        t = set(t, prefix + "transaction", waits.transaction(), Timeouts::transaction);
        return set(t, prefix + "minimum-rate", waits.minimumRate(), Timeouts::minimumRate);
    }

    /** Empty without {@code max}. */
    static Optional<Pool> pool(Shared shared) {
        String prefix = "smtpproxy.pool.";
        if (shared.max() == null) {
            boolean any = Stream.of(
                            Optional.ofNullable(shared.idle()),
                            Optional.ofNullable(shared.lifetime()),
                            Optional.ofNullable(shared.transactions()),
                            Optional.ofNullable(shared.waiting()),
                            Optional.ofNullable(shared.maxWaiting()))
                    .anyMatch(Optional::isPresent);
            if (any) {
                throw InvalidPropertyException.of(prefix + "max", null, "a pool needs it: 1 to 10,000 connections");
            }
            return Optional.empty();
        }
        Pool pool = checked(prefix + "max", shared.max(), () -> Pool.max(shared.max()));
        pool = set(pool, prefix + "idle", shared.idle(), Pool::idle);
        pool = set(pool, prefix + "lifetime", shared.lifetime(), Pool::lifetime);
        pool = set(pool, prefix + "transactions", shared.transactions(), Pool::transactions);
        pool = set(pool, prefix + "waiting", shared.waiting(), Pool::waiting);
        return Optional.of(set(pool, prefix + "max-waiting", shared.maxWaiting(), Pool::maxWaiting));
    }

    static Transport transport(Carrier carrier) {
        return switch (carrier) {
            case AUTOMATIC -> Transport.automatic();
            case EVENT_LOOPS -> Transport.eventLoops();
            case PLAIN -> Transport.plain();
        };
    }

    private static <S, V> S set(S settings, String property, V value, BiFunction<S, V, S> change) {
        return value == null ? settings : checked(property, value, () -> change.apply(settings, value));
    }
}
