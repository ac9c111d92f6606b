package io.github.smtpproxy.metrics;

import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Lease;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.ProxyStatus;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Counts and times what a proxy does, in a registry of Micrometer. It needs {@code io.micrometer:micrometer-core}.
 *
 * <pre>{@code
 * SmtpProxy.builder().listener(new SmtpProxyMetrics(registry))
 * }</pre>
 *
 * <p>No tag has a value that a client chooses: no address, no user, no name. A destination is tagged as it was configured, as
 * {@code host:port}; the first 100 of them, and all others as {@code other}. The same holds for filters and throttles.
 *
 * <p>One of them may listen to several proxies, whose figures add up. Gauges are in the registry as long as one of these is
 * open. Any thread.
 */
public final class SmtpProxyMetrics implements ProxyListener {

    /** What a client may name without making another meter. */
    private static final Set<String> MECHANISMS = Set.of(
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "DIGEST-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256",
            "SCRAM-SHA-256-PLUS",
            "OAUTHBEARER",
            "XOAUTH2",
            "EXTERNAL",
            "GSSAPI",
            "NTLM");

    private static final String NONE = "none";

    private final BoundedValues destinations = new BoundedValues();
    private final BoundedValues reasons = new BoundedValues();
    private final BoundedValues throttles = new BoundedValues();
    private final BoundedValues filters = new BoundedValues();
    private final Gauges gauges;
    private final Meters<Counter> sessions;
    private final Meters<Counter> connectionsRefused;
    private final Meters<Timer> transactions;
    private final Meters<Counter> recipients;
    private final Meters<DistributionSummary> messageSize;
    private final Meters<Timer> connects;
    private final PoolMeters pools;
    private final Meters<Timer> filterTime;
    private final Meters<Timer> throttleDelay;
    private final Meters<Timer> authentications;

    /** @param registry where the meters are */
    @SuppressWarnings("exports") // who has a registry reads its module
    public SmtpProxyMetrics(MeterRegistry registry) {
        Objects.requireNonNull(registry, "registry");
        gauges = new Gauges(registry, destinations::of);
        pools = new PoolMeters(registry, gauges);
        sessions = Meters.counters(registry, "smtpproxy.sessions", "Sessions that began", "endpoint");
        connectionsRefused = connectionsRefused(registry);
        transactions = Meters.timers(
                registry,
                "smtpproxy.transactions",
                "From MAIL to the end of a transaction",
                "destination",
                "outcome",
                "refused.by",
                "code");
        recipients = Meters.counters(
                registry, "smtpproxy.recipients", "Recipients that clients asked for", "destination", "outcome");
        messageSize = Meters.sizes(
                registry, "smtpproxy.message.size", "Octets of a message as they came from the client", "destination");
        connects = Meters.timers(
                registry,
                "smtpproxy.destination.connects",
                "From the beginning of a connection to a destination to its greeting",
                "destination",
                "code");
        filterTime = Meters.timers(
                registry, "smtpproxy.filter", "How long a filter took, without what comes after it", "filter", "step");
        throttleDelay = Meters.timers(
                registry, "smtpproxy.throttle.delay", "How long a throttle delayed a client", "throttle", "decision");
        authentications = Meters.timers(
                registry,
                "smtpproxy.authentications",
                "From AUTH to its result, with the client's responses",
                "mechanism",
                "code");
    }

    private static Meters<Counter> connectionsRefused(MeterRegistry registry) {
        return Meters.counters(
                registry,
                "smtpproxy.connections.refused",
                "Clients that were refused before their first command",
                "endpoint",
                "refused.by",
                "reason");
    }

    @Override
    public void proxyStarted(ProxyStatus proxy) {
        gauges.opened(proxy);
    }

    @Override
    public void proxyClosed(ProxyStatus proxy) {
        gauges.closed(proxy);
    }

    @Override
    public void sessionStarted(Session session) {
        gauges.began(session);
        sessions.with(session.endpoint()).increment();
    }

    @Override
    public void sessionEnded(Session session) {
        gauges.ended(session);
    }

    @Override
    public void refused(Session session, Refusal refusal) {
        if (refusal.verb().equals("CONNECT")) {
            String reason = refusal.name().isEmpty() ? NONE : reasons.of(refusal.name());
            connectionsRefused
                    .with(session.endpoint(), lower(refusal.by()), reason)
                    .increment();
        }
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        String destination = outcome.destination().map(this::name).orElse(NONE);
        String by = outcome.refusedBy().map(SmtpProxyMetrics::lower).orElse(NONE);
        transactions
                .with(destination, lower(outcome.result()), by, code(outcome.reply()))
                .record(outcome.duration());
        count(destination, "accepted", outcome.recipientsAccepted());
        count(destination, "refused", outcome.recipientsRefused());
        if (outcome.octets() > 0) {
            messageSize.with(destination).record(outcome.octets());
        }
    }

    private void count(String destination, String outcome, int number) {
        if (number > 0) {
            recipients.with(destination, outcome).increment(number);
        }
    }

    @Override
    public void connectEnded(Session session, Destination destination, Reply reply, Duration duration) {
        connects.with(name(destination), code(Optional.of(reply))).record(duration);
    }

    @Override
    public void leased(Session session, Lease lease) {
        pools.leased(name(lease.destination()), lease);
    }

    @Override
    public void returned(Session session, Lease lease, Duration used) {
        pools.returned(name(lease.destination()), used);
    }

    @Override
    public void filterEnded(Session session, FilterCall call, Duration own) {
        filterTime
                .with(filters.of(call.filter()), call.step().toLowerCase(Locale.ROOT))
                .record(own);
    }

    @Override
    public void throttled(Session session, Throttled decision) {
        throttleDelay
                .with(throttles.of(decision.throttle()), lower(decision.decision()))
                .record(decision.delay());
    }

    @Override
    public void auth(Session session, String mechanism, Reply reply, Duration duration) {
        String known = MECHANISMS.contains(mechanism) ? mechanism : BoundedValues.OTHER;
        authentications.with(known, code(Optional.of(reply))).record(duration);
    }

    private String name(Destination destination) {
        return destinations.of(destination.toString());
    }

    private static String code(Optional<Reply> reply) {
        return reply.map(r -> r.code() / 100 + "xx").orElse(NONE);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
