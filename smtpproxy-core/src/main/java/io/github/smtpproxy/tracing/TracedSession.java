package io.github.smtpproxy.tracing;

import io.github.smtpproxy.event.FilterCall;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;

/** The spans of one session that have not ended. Used by the session's thread. */
final class TracedSession {

    /** Commands of a transaction. */
    private static final Set<String> PARTS = Set.of("MAIL", "RCPT", "DATA", "BDAT");

    private final Part session;
    private final Deque<CalledFilter> filters = new ArrayDeque<>();
    private Optional<Part> transaction = Optional.empty();
    private boolean transactionEnded;
    /** One that has ended, while the command that ended it is not answered and the next one is pipelined behind it. */
    private Optional<Part> previous = Optional.empty();

    private Optional<Span> connect = Optional.empty();

    /** A span, and the context of those in it. */
    private record Part(Span span, Context within) {
        static Part of(Span span) {
            return new Part(span, Context.root().with(span));
        }
    }

    /** A filter that has not returned; its span is the thread's. */
    private record CalledFilter(FilterCall call, Part part, Scope scope) {}

    TracedSession(Span span) {
        this.session = Part.of(span);
    }

    Span span() {
        return session.span();
    }

    /** The innermost filter, transaction or session: what happens now is part of it. */
    Context parent() {
        CalledFilter filter = filters.peek();
        return filter != null ? filter.part.within() : transactionOrSession();
    }

    private Context transactionOrSession() {
        return transaction.filter(t -> !transactionEnded).orElse(session).within();
    }

    /** What a command was part of. One that ended the transaction is the last of it. */
    Context parentOf(String verb) {
        boolean late = previous.isPresent() && !verb.equals("MAIL");
        Part parent = (late ? previous : transaction)
                .filter(t -> PARTS.contains(verb))
                .orElse(session);
        previous = Optional.empty();
        if (transactionEnded) {
            transaction = Optional.empty();
            transactionEnded = false;
        }
        return parent.within();
    }

    void transactionStarted(Span begun) {
        previous = transactionEnded ? transaction : Optional.empty();
        transaction = Optional.of(Part.of(begun));
        transactionEnded = false;
    }

    /** The span of the transaction, which ends. */
    Optional<Span> transactionEnded() {
        transactionEnded = true;
        return transaction.map(Part::span);
    }

    void connectStarted(Span begun) {
        connect = Optional.of(begun);
    }

    /** The span of the connection that is being opened. */
    Optional<Span> connectEnded() {
        Optional<Span> ended = connect;
        connect = Optional.empty();
        return ended;
    }

    void filterStarted(FilterCall call, Span begun) {
        filters.push(new CalledFilter(call, Part.of(begun), begun.makeCurrent()));
    }

    /** The span of a filter, which returned; those within it have ended, whatever became of their ends. */
    Optional<Span> filterEnded(FilterCall call) {
        if (filters.stream().noneMatch(called -> called.call == call)) {
            return Optional.empty();
        }
        CalledFilter last = filters.pop();
        last.scope.close();
        return last.call == call ? Optional.of(last.part.span()) : filterEnded(call);
    }
}
