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
        span.setAttribute("smtpproxy.session", session.id());
        span.setAttribute("smtpproxy.endpoint", session.endpoint());
        InetAddress client = session.remoteAddress().getAddress();
        if (!client.isAnyLocalAddress()) {
            span.setAttribute("client.address", client.getHostAddress());
        }
        sessions.put(session, new TracedSession(span));
    }

    @Override
    public void tls(Session session, Duration duration) {
        String protocol = session.tls().map(Tls::protocol).orElse("failed");
        traced(session).ifPresent(t -> t.span().setAttribute("smtpproxy.tls", protocol));
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
                    .setAttribute("smtpproxy.transaction", transaction.id())
                    .startSpan();
            t.transactionStarted(span);
        });
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        traced(transaction.session()).flatMap(TracedSession::transactionEnded).ifPresent(span -> end(span, outcome));
    }

    private static void end(Span span, Outcome outcome) {
        span.setAttribute("smtpproxy.outcome", lower(outcome.result()));
        span.setAttribute("smtpproxy.octets", outcome.octets());
        span.setAttribute("smtpproxy.recipients.accepted", outcome.recipientsAccepted());
        span.setAttribute("smtpproxy.recipients.refused", outcome.recipientsRefused());
        outcome.destination().ifPresent(d -> span.setAttribute("smtpproxy.destination", d.toString()));
        outcome.refusedBy().ifPresent(by -> span.setAttribute("smtpproxy.refused.by", lower(by)));
        outcome.reply().ifPresent(reply -> reply(span, reply));
        if (outcome.result() == Result.FAILED || outcome.result() == Result.UNKNOWN) {
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    @Override
    public void command(Session session, String verb, Reply reply, Duration duration) {
        traced(session).ifPresent(t -> {
            Instant now = Instant.now();
            Span span = tracer.spanBuilder("smtp command " + verb)
                    .setParent(t.parentOf(verb))
                    .setStartTimestamp(now.minus(duration))
                    .startSpan();
            reply(span, reply);
            span.end(now);
        });
    }

    @Override
    public void filterStarted(Session session, FilterCall call) {
        traced(session).ifPresent(t -> {
            SpanBuilder builder = tracer.spanBuilder("smtp filter " + call.filter())
                    .setParent(t.parent())
                    .setAttribute("smtpproxy.filter", call.filter())
                    .setAttribute("smtpproxy.step", call.step().toLowerCase(Locale.ROOT));
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
                    .setAttribute("server.address", destination.host())
                    .setAttribute("server.port", (long) destination.port());
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
        span.setAttribute("smtpproxy.code", reply.code());
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
