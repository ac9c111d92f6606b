package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdicts;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.internal.host.Filters.Pass;
import io.github.smtpproxy.internal.host.Filters.Undo;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chain behind one filter at one step: the next filter, or the relay. It judges what that next filter returns. A reply
 * that a filter returns as it got it is not looked at, so that it may stay pending.
 */
final class FilterLink<C> implements TransactionChain<C> {

    private static final Logger log = LoggerFactory.getLogger(FilterLink.class);

    private final Pass<C> pass;
    private final List<Filter> filters;
    private final ForeignCode guard;
    private final Listeners listeners;
    private final Function<C, Reply> last;
    private final Optional<Behind<C>> behind;
    private final Thread owner = Thread.currentThread();
    private Optional<Reply> reply = Optional.empty();
    private boolean again;
    private boolean returned;
    private boolean messageFailed;
    /** What came after this link took so long. */
    private long nanosBehind;

    /** The filter before this link, and the command that it was given. */
    private record Behind<C>(Filter filter, C command) {}

    private FilterLink(
            Pass<C> pass,
            List<Filter> filters,
            ForeignCode guard,
            Listeners listeners,
            Function<C, Reply> last,
            Optional<Behind<C>> behind) {
        this.pass = pass;
        this.filters = filters;
        this.guard = guard;
        this.listeners = listeners;
        this.last = last;
        this.behind = behind;
    }

    /** The link before the first filter. */
    static <C> FilterLink<C> first(
            Pass<C> pass, List<Filter> filters, ForeignCode guard, Listeners listeners, Function<C, Reply> last) {
        return new FilterLink<>(pass, filters, guard, listeners, last, Optional.empty());
    }

    @Override
    public Reply proceed(C command) {
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("a filter may proceed on the thread of its session only");
        }
        if (reply.isPresent() || returned) {
            again = true;
            throw new IllegalStateException("a filter may proceed once only, and not after it returned");
        }
        if (command == null) {
            throw new IllegalArgumentException("a filter may not proceed with null");
        }
        reply = Optional.of(withLimitNamed(command, listeners.areNone() ? goOn(command) : goOnTimed(command)));
        return reply.get();
    }

    private Reply goOn(C command) {
        return filters.isEmpty() ? last.apply(command) : ask(command);
    }

    private Reply goOnTimed(C command) {
        long began = System.nanoTime();
        try {
            return goOn(command);
        } finally {
            nanosBehind = System.nanoTime() - began;
        }
    }

    /** A message over its limit is refused by the filter that set the limit. */
    private Reply withLimitNamed(C command, Reply given) {
        boolean lowered = command instanceof Message sent
                && behind.filter(b -> limit(sent) < limit((Message) b.command)).isPresent();
        return lowered && given instanceof OwnReply own && own.isMessageLimit()
                ? OwnReply.by(By.FILTER, ForeignCode.name(behind.get().filter), own)
                : given;
    }

    private static long limit(Message message) {
        return message.limit().orElse(Long.MAX_VALUE);
    }

    @Override
    public void observed(Refusal refusal) {
        Objects.requireNonNull(refusal, "refusal");
        listeners.notify(session(), "observed", l -> l.observed(session(), refusal));
    }

    @Override
    public void verdict(Verdict verdict) {
        Objects.requireNonNull(verdict, "verdict");
        Verdict about = pass.transaction().map(verdict::transaction).orElse(verdict);
        Attributes attributes = pass.transaction().<Attributes>map(t -> t).orElse(session());
        attributes.attribute(Verdicts.KEY, Verdicts.of(attributes).and(about));
        listeners.notify(session(), "verdict", l -> l.verdict(session(), about));
    }

    @Override
    public Session session() {
        return pass.session();
    }

    @Override
    public Transaction transaction() {
        return pass.transaction().orElseThrow();
    }

    private Reply ask(C command) {
        Filter filter = filters.get(0);
        FilterLink<C> next = new FilterLink<>(
                pass,
                filters.subList(1, filters.size()),
                guard,
                listeners,
                last,
                Optional.of(new Behind<>(filter, command)));
        Object step = command instanceof Session ? "connect" : command;
        boolean watched = !listeners.areNone() && isCalled(filter, command);
        Optional<FilterCall> call = watched ? Optional.of(started(filter, command)) : Optional.empty();
        long began = watched ? System.nanoTime() : 0;
        Optional<Reply> returned = guard.ask(session().id(), step, filter, () -> next.call(filter, command));
        next.returned = true;
        call.ifPresent(c -> ended(c, System.nanoTime() - began - next.nanosBehind));
        if (next.messageFailed) {
            return returned.orElse(Replies.FAILED);
        }
        Optional<String> fault = returned.flatMap(next::faultIn);
        fault.ifPresent(f -> ForeignCode.failed(session().id(), step, filter, f));
        return fault.isPresent() || returned.isEmpty()
                ? next.failed(filter, returned.isEmpty())
                : next.attributed(filter, returned.get());
    }

    /** Who does not read messages does not get them. */
    private static boolean isCalled(Filter filter, Object command) {
        return filter instanceof ContentFilter || !(command instanceof Message);
    }

    private FilterCall started(Filter filter, Object command) {
        FilterCall outside = FilterCall.of(ForeignCode.name(filter), Filters.step(command));
        FilterCall call = pass.transaction().map(outside::transaction).orElse(outside);
        listeners.notify(session(), "filterStarted", l -> l.filterStarted(session(), call));
        return call;
    }

    private void ended(FilterCall call, long own) {
        Duration duration = Duration.ofNanos(own);
        listeners.notify(session(), "filterEnded", l -> l.filterEnded(session(), call, duration));
    }

    /** What the filter returns. */
    private Reply call(Filter filter, C command) {
        try {
            Reply returned = pass.call().on(filter, command, this);
            return returned == null ? null : value(returned);
        } catch (Throwable thrown) {
            Optional<ClientGoneException> gone = ForeignCode.cause(thrown, ClientGoneException.class);
            Optional<ContentRefusedException> refused = ForeignCode.cause(thrown, ContentRefusedException.class);
            if (gone.isEmpty() && refused.isEmpty()) {
                throw thrown;
            }
            gone.ifPresent(g -> log.info(
                    "{}: the message broke off while {} read it: {}",
                    session().id(),
                    ForeignCode.name(filter),
                    g.getCause().toString()));
            messageFailed = true;
            return reply.orElse(refused.map(ContentRefusedException::reply).orElse(Replies.FAILED));
        }
    }

    /** What the filter got from this link, or a copy of what is its own, which may change from one look to the next. */
    private Reply value(Reply returned) {
        return isPassedOn(returned) ? reply.orElseThrow() : Reply.copyOf(returned);
    }

    /** Whether a filter returns what it got from this link. */
    private boolean isPassedOn(Reply returned) {
        return reply.filter(r -> r.equals(returned)).isPresent();
    }

    private Optional<String> faultIn(Reply returned) {
        if (again) {
            return Optional.of("proceeded twice");
        }
        if (reply.isEmpty()) {
            return returned.isRefusal() ? Optional.empty() : Optional.of("accepted without proceeding");
        }
        if (isPassedOn(returned)) {
            return Optional.empty();
        }
        Reply got = reply.get();
        boolean mayRefuse = got.isRefusal() || pass.undo() == Undo.FREELY;
        boolean mayReword = pass.undo() == Undo.FREELY && got.isPositive() && returned.isPositive();
        return returned.isRefusal() && mayRefuse || mayReword
                ? Optional.empty()
                : Optional.of("changed the destination's reply");
    }

    private Reply attributed(Filter filter, Reply returned) {
        if (isPassedOn(returned)) {
            return reply.get();
        }
        if (!returned.isRefusal()) {
            return returned;
        }
        // other words change nothing of how a transaction ends that the destination left open
        Result result = reply.filter(Reply::isRefusal).map(OwnReply::result).orElse(Result.REFUSED);
        return OwnReply.by(By.FILTER, ForeignCode.name(filter), returned).ending(result);
    }

    private Reply failed(Filter filter, boolean threw) {
        if (threw && reply.filter(Reply::isRefusal).isPresent()) {
            return reply.get();
        }
        if (reply.isPresent() && !reply.get().isRefusal()) {
            if (pass.undo() == Undo.NEVER) {
                return reply.get();
            }
            pass.giveUp().run();
        }
        return OwnReply.by(By.FILTER, ForeignCode.name(filter), Replies.FAILED);
    }
}
