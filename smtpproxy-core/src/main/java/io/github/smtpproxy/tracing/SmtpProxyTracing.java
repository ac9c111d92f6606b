package io.github.smtpproxy.tracing;

import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.session.Transaction;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Makes spans of what a proxy does: a session, in it its transactions, and in these commands, filters and connections to
 * destinations. It needs {@code io.opentelemetry:opentelemetry-api}; what becomes of the spans is the host's SDK's.
 *
 * <pre>{@code
 * SmtpProxy.builder().listener(new SmtpProxyTracing(openTelemetry))
 * }</pre>
 *
 * <p>A session that is not sampled has no other spans, and costs next to nothing. The span of a filter is the current one
 * while the filter runs, so what the filter asks over the network is part of it. No span has a mail address, a user or a
 * text of a reply. May listen to several proxies. Any thread.
 */
public final class SmtpProxyTracing implements ProxyListener {

    // made once: a key in words is made anew, and hashed, at each use
    private static final AttributeKey<String> SESSION = AttributeKey.stringKey("smtpproxy.session");
    private static final AttributeKey<String> ENDPOINT = AttributeKey.stringKey("smtpproxy.endpoint");
    private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("client.address");
    private static final AttributeKey<String> TLS = AttributeKey.stringKey("smtpproxy.tls");
    private static final AttributeKey<String> TRANSACTION = AttributeKey.stringKey("smtpproxy.transaction");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("smtpproxy.outcome");
    private static final AttributeKey<Long> OCTETS = AttributeKey.longKey("smtpproxy.octets");
    private static final AttributeKey<Long> ACCEPTED = AttributeKey.longKey("smtpproxy.recipients.accepted");
    private static final AttributeKey<Long> REFUSED = AttributeKey.longKey("smtpproxy.recipients.refused");
    private static final AttributeKey<String> DESTINATION = AttributeKey.stringKey("smtpproxy.destination");
    private static final AttributeKey<String> REFUSED_BY = AttributeKey.stringKey("smtpproxy.refused.by");
    private static final AttributeKey<String> FILTER = AttributeKey.stringKey("smtpproxy.filter");
    private static final AttributeKey<String> STEP = AttributeKey.stringKey("smtpproxy.step");
    private static final AttributeKey<String> SERVER = AttributeKey.stringKey("server.address");
    private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
    private static final AttributeKey<Long> CODE = AttributeKey.longKey("smtpproxy.code");

    private final Tracer tracer;
    private final Map<Session, TracedSession> sessions = new ConcurrentHashMap<>();

    /** @param openTelemetry gives the tracer, which is named {@code io.github.smtpproxy} */
    @SuppressWarnings("exports") // who has one reads its module
    public SmtpProxyTracing(OpenTelemetry openTelemetry) {
        Objects.requireNonNull(openTelemetry, "openTelemetry");
        tracer = openTelemetry.getTracer("io.github.smtpproxy");
    }

    private Optional<TracedSession> traced(Session session) {
        return Optional.ofNullable(sessions.get(session));
    }

    @Override
    public void sessionStarted(Session session) {
        Span span = tracer.spanBuilder("smtp session")
                .setParent(Context.root())
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        if (!span.isRecording()) {
            return;
        }
        span.setAttribute(SESSION, session.id());
        span.setAttribute(ENDPOINT, session.endpoint());
        InetAddress client = session.remoteAddress().getAddress();
        if (!client.isAnyLocalAddress()) {
            span.setAttribute(CLIENT, client.getHostAddress());
        }
        sessions.put(session, new TracedSession(span));
    }

    @Override
    public void tls(Session session, Duration duration) {
        String protocol = session.tls().map(Tls::protocol).orElse("failed");
        traced(session).ifPresent(t -> t.span().setAttribute(TLS, protocol));
    }

    @Override
    public void sessionEnded(Session session) {
        Optional.ofNullable(sessions.remove(session)).map(TracedSession::span).ifPresent(Span::end);
    }

    @Override
    public void transactionStarted(Transaction transaction) {
        traced(transaction.session()).ifPresent(t -> {
            Span span = tracer.spanBuilder("smtp transaction")
                    .setParent(t.parent())
                    .setAttribute(TRANSACTION, transaction.id())
                    .startSpan();
            t.transactionStarted(span);
        });
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        traced(transaction.session()).flatMap(TracedSession::transactionEnded).ifPresent(span -> end(span, outcome));
    }

    private static void end(Span span, Outcome outcome) {
        span.setAttribute(OUTCOME, lower(outcome.result()));
        span.setAttribute(OCTETS, outcome.octets());
        span.setAttribute(ACCEPTED, outcome.recipientsAccepted());
        span.setAttribute(REFUSED, outcome.recipientsRefused());
        outcome.destination().ifPresent(d -> span.setAttribute(DESTINATION, d.toString()));
        outcome.refusedBy().ifPresent(by -> span.setAttribute(REFUSED_BY, lower(by)));
        outcome.reply().ifPresent(reply -> reply(span, reply));
        if (outcome.result() == Result.FAILED || outcome.result() == Result.UNKNOWN) {
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    @Override
    public void command(Session session, String verb, Reply reply, Duration duration) {
        traced(session).ifPresent(t -> {
            long now = now();
            Span span = tracer.spanBuilder("smtp command " + verb)
                    .setParent(t.parentOf(verb))
                    .setStartTimestamp(now - duration.toNanos(), TimeUnit.NANOSECONDS)
                    .startSpan();
            reply(span, reply);
            span.end(now, TimeUnit.NANOSECONDS);
        });
    }

    /** Since 1970, as the SDK counts. */
    private static long now() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    @Override
    public void filterStarted(Session session, FilterCall call) {
        traced(session).ifPresent(t -> {
            SpanBuilder builder = tracer.spanBuilder("smtp filter " + call.filter())
                    .setParent(t.parent())
                    .setAttribute(FILTER, call.filter())
                    .setAttribute(STEP, call.step().toLowerCase(Locale.ROOT));
            t.filterStarted(call, builder.startSpan());
        });
    }

    @Override
    public void filterEnded(Session session, FilterCall call, Duration own) {
        traced(session).flatMap(t -> t.filterEnded(call)).ifPresent(Span::end);
    }

    @Override
    public void connectStarted(Session session, Destination destination) {
        traced(session).ifPresent(t -> {
            SpanBuilder builder = tracer.spanBuilder("smtp connect")
                    .setParent(t.parent())
                    .setSpanKind(SpanKind.CLIENT)
                    .setAttribute(SERVER, destination.host())
                    .setAttribute(PORT, (long) destination.port());
            t.connectStarted(builder.startSpan());
        });
    }

    @Override
    public void connectEnded(Session session, Destination destination, Reply reply, Duration duration) {
        traced(session).flatMap(TracedSession::connectEnded).ifPresent(span -> {
            reply(span, reply);
            if (!reply.isPositive()) {
                span.setStatus(StatusCode.ERROR);
            }
            span.end();
        });
    }

    private static void reply(Span span, Reply reply) {
        span.setAttribute(CODE, reply.code());
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
