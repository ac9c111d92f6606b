package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The filters of a proxy, in their order. Each is held to the rule that only the destination accepts; see {@link
 * FilterLink}.
 */
public final class Filters {

    private final List<Filter> all;
    private final ForeignCode guard;
    private final Listeners listeners;
    private final boolean readContent;

    /** @param network keeps a filter that blocks its thread from blocking other sessions */
    public Filters(List<Filter> filters, Network network, Listeners listeners) {
        this.listeners = listeners;
        this.all = List.copyOf(filters);
        this.guard = new ForeignCode(network);
        this.readContent = filters.stream().anyMatch(ContentFilter.class::isInstance);
    }

    /** Whether a filter reads messages. */
    public boolean readContent() {
        return readContent;
    }

    /** What they are called, for the log. */
    public List<String> names() {
        return all.stream().map(ForeignCode::name).toList();
    }

    /** The call of one filter at a step. */
    public interface Call<C> {
        Reply on(Filter filter, C command, TransactionChain<C> next);
    }

    /** What a filter may do to a reply by which the destination accepted. */
    public enum Undo {
        /** Refuse, or put another positive reply in its place: nothing depends on it. */
        FREELY,
        /** Nothing; if it does, the transaction is given up. */
        BY_GIVING_UP,
        /** Nothing: the message is delivered. */
        NEVER
    }

    /**
     * One step of a session.
     *
     * @param call how a filter is called
     * @param transaction the running one, where the step has one
     * @param giveUp run where a filter undid an acceptance
     */
    public record Pass<C>(
            Call<C> call, Session session, Optional<Transaction> transaction, Undo undo, Runnable giveUp) {

        /** A step in which nothing needs to be given up. */
        public static <C> Pass<C> of(Call<C> call, Session session, Undo undo) {
            return new Pass<>(call, session, Optional.empty(), undo, () -> {});
        }
    }

    /**
     * Sends a command through the filters.
     *
     * @param last what comes after the filters
     */
    public <C> Reply run(Pass<C> pass, C command, Function<C, Reply> last) {
        Relaying<C> relaying = new Relaying<>(last);
        Reply reply = FilterLink.first(pass, all, guard, listeners, relaying).proceed(command);
        relaying.requireWhole();
        return reply;
    }

    /** The step at which a filter gets this, see {@link io.github.smtpproxy.event.FilterCall#step}. */
    static String step(Object command) {
        if (command instanceof Session) {
            return "CONNECT";
        }
        if (command instanceof Hello) {
            return "EHLO";
        }
        if (command instanceof Auth) {
            return "AUTH";
        }
        if (command instanceof MailFrom) {
            return "MAIL";
        }
        if (command instanceof RcptTo) {
            return "RCPT";
        }
        return command instanceof Message ? "DATA" : "OTHER";
    }

    /** How a filter gets a message: one that reads no content lets it pass. */
    public static Reply data(Filter filter, Message message, TransactionChain<Message> next) {
        return filter instanceof ContentFilter content ? content.data(message, next) : next.proceed(message);
    }

    /** A transaction that the filters got ended. */
    public void ended(Transaction transaction, Outcome outcome) {
        for (Filter filter : all) {
            guard.run(transaction.id(), "the end of a transaction", filter, () -> filter.ended(transaction, outcome));
        }
    }

    /** A session that the filters got ended. */
    public void ended(Session session) {
        for (Filter filter : all) {
            guard.run(session.id(), "the end of a session", filter, () -> filter.ended(session));
        }
    }

    /** What comes after the filters. Where it throws, no filter can make up for it: it is not known what was relayed. */
    private static final class Relaying<C> implements Function<C, Reply> {
        private final Function<C, Reply> last;
        private Optional<Throwable> failure = Optional.empty();

        Relaying(Function<C, Reply> last) {
            this.last = last;
        }

        @Override
        public Reply apply(C command) {
            try {
                return last.apply(command);
            } catch (Throwable e) {
                failure = Optional.of(e);
                throw e;
            }
        }

        void requireWhole() {
            failure.ifPresent(e -> {
                throw new IllegalStateException("the relay behind the filters failed", e);
            });
        }
    }
}
