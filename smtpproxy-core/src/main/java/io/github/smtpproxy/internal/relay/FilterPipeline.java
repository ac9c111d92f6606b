package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The filters in their order, each policed: only the destination accepts. Replies are compared by identity and looked at
 * only where a filter did not simply return what it was given, so that a reply can still be on its way.
 */
public final class FilterPipeline {

    /** What the client hears of a filter that failed. */
    static final Reply FAILED = Reply.defer("4.3.0", "Temporary failure, try again later");

    private static final Logger log = LoggerFactory.getLogger(FilterPipeline.class);

    private final List<Filter> filters;
    private final Network network;
    private final boolean readsContent;

    /** @param network keeps a filter that takes its time from holding up others */
    public FilterPipeline(List<Filter> filters, Network network) {
        this.network = network;
        this.filters = List.copyOf(filters);
        this.readsContent = filters.stream().anyMatch(FilterPipeline::overridesData);
    }

    /** Whether a filter wants to see messages. */
    boolean readsContent() {
        return readsContent;
    }

    /** How one filter is called at a step. */
    interface Call<C> {
        Reply on(Filter filter, C command, Chain<C> next);
    }

    /** What is left to a filter once the destination has accepted. */
    enum Undo {
        /** It may still refuse, or say it in other words: nothing was promised. */
        FREELY,
        /** It may not, and if it does, the transaction is given up. */
        BY_GIVING_UP,
        /** It cannot: the message is delivered. */
        NEVER
    }

    /**
     * Passes a command through the filters.
     *
     * @param giveUp called where a filter undid an acceptance
     * @param last what comes after the filters
     */
    <C> Reply run(
            Call<C> call,
            C command,
            SessionState session,
            Optional<Transaction> transaction,
            Undo undo,
            Runnable giveUp,
            Function<C, Reply> last) {
        Relaying<C> relaying = new Relaying<>(last);
        Reply reply = new Link<>(call, session, transaction, undo, giveUp, relaying, 0).proceed(command);
        relaying.requireWhole();
        return reply;
    }

    /** What comes after the filters. Where it breaks off no filter can make up for it: nobody knows what was relayed. */
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
                throw new IllegalStateException("what comes behind the filters failed", e);
            });
        }
    }

    private static boolean overridesData(Filter filter) {
        try {
            return filter.getClass()
                            .getMethod("data", Message.class, Chain.class)
                            .getDeclaringClass()
                    != Filter.class;
        } catch (NoSuchMethodException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private final class Link<C> implements Chain<C> {
        private final Call<C> call;
        private final SessionState session;
        private final Optional<Transaction> transaction;
        private final Undo undo;
        private final Runnable giveUp;
        private final Function<C, Reply> last;
        private final int index;
        private final Thread owner = Thread.currentThread();
        private Optional<Reply> given = Optional.empty();
        private boolean twice;
        private boolean over;
        private boolean contentFailed;
        private OptionalLong limitBefore = OptionalLong.empty();
        private Optional<Filter> by = Optional.empty();

        Link(
                Call<C> call,
                SessionState session,
                Optional<Transaction> transaction,
                Undo undo,
                Runnable giveUp,
                Function<C, Reply> last,
                int index) {
            this.call = call;
            this.session = session;
            this.transaction = transaction;
            this.undo = undo;
            this.giveUp = giveUp;
            this.last = last;
            this.index = index;
        }

        @Override
        public Reply proceed(C command) {
            if (Thread.currentThread() != owner) {
                throw new IllegalStateException("a filter may proceed on the thread of its session only");
            }
            if (given.isPresent() || over) {
                twice = true;
                throw new IllegalStateException("a filter may proceed once only, and not after it returned");
            }
            if (command == null) {
                throw new IllegalArgumentException("a filter may not proceed with null");
            }
            noteLimit(command);
            Reply reply = index == filters.size() ? last.apply(command) : ask(filters.get(index), command);
            given = Optional.of(reply);
            return reply;
        }

        /** Who passes a message on with a lower limit refuses it when that is exceeded. */
        private void noteLimit(C command) {
            if (by.isPresent() && command instanceof Message message) {
                boolean lower = message.limit().orElse(Long.MAX_VALUE) < limitBefore.orElse(Long.MAX_VALUE);
                if (lower) {
                    session.refusals().note(By.FILTER, by.get(), ClientData.TOO_BIG);
                }
            }
        }

        @Override
        public Session session() {
            return session;
        }

        @Override
        public Transaction transaction() {
            return transaction.orElseThrow(() -> new IllegalStateException("no transaction at this step"));
        }

        private Reply ask(Filter filter, C command) {
            Link<C> next = new Link<>(call, session, transaction, undo, giveUp, last, index + 1);
            next.by = Optional.of(filter);
            next.limitBefore = command instanceof Message message ? message.limit() : OptionalLong.empty();
            Object step = command instanceof Session ? "connect" : command;
            Optional<Reply> reply =
                    new ForeignCode(network).ask(session.id(), step, filter, () -> next.answer(filter, command));
            next.over = true;
            if (next.contentFailed) {
                return reply.orElse(FAILED);
            }
            Optional<String> fault = reply.flatMap(next::faultIn);
            fault.ifPresent(f -> ForeignCode.failed(session.id(), step, filter, f));
            return next.judged(
                    filter, reply.filter(r -> fault.isEmpty()).orElseGet(() -> next.failed(reply.isEmpty())));
        }

        /** What the filter answers; that the message could not be read is not its fault. */
        private Reply answer(Filter filter, C command) {
            try {
                Reply reply = call.on(filter, command, this);
                if (reply != null && given.filter(g -> g == reply).isEmpty()) {
                    // one of its own may be made when it is looked at only
                    reply.code();
                }
                return reply;
            } catch (Throwable thrown) {
                Optional<ClientGone> gone = ForeignCode.cause(thrown, ClientGone.class);
                Optional<RefusedContent> refused = ForeignCode.cause(thrown, RefusedContent.class);
                if (gone.isEmpty() && refused.isEmpty()) {
                    throw thrown;
                }
                gone.ifPresent(g -> log.info(
                        "{}: the message broke off while {} read it: {}",
                        session.id(),
                        ForeignCode.name(filter),
                        g.getCause().toString()));
                contentFailed = true;
                return given.orElse(refused.map(RefusedContent::reply).orElse(FAILED));
            }
        }

        private Optional<String> faultIn(Reply reply) {
            if (twice) {
                return Optional.of("proceeded twice");
            }
            if (given.isEmpty()) {
                return reply.isRefusal() ? Optional.empty() : Optional.of("accepted without proceeding");
            }
            Reply own = given.get();
            if (reply == own || reply.isRefusal() && (own.isRefusal() || undo == Undo.FREELY)) {
                return Optional.empty();
            }
            boolean mayReword = undo == Undo.FREELY && own.isPositive() && reply.isPositive();
            return mayReword || reply.equals(own) ? Optional.empty() : Optional.of("changed the destination's answer");
        }

        /** Says whose refusal it is. One that is passed on is not looked at. */
        private Reply judged(Filter filter, Reply reply) {
            if (given.isPresent() && (reply == given.get() || reply.equals(given.get()))) {
                return given.get();
            }
            return reply.isRefusal() ? session.refusals().note(By.FILTER, filter, reply) : reply;
        }

        private Reply failed(boolean saidNothing) {
            if (saidNothing && given.filter(Reply::isRefusal).isPresent()) {
                return given.get();
            }
            if (given.filter(Reply::isPositive).isPresent()) {
                if (undo == Undo.NEVER) {
                    return given.get();
                }
                giveUp.run();
            }
            return FAILED;
        }
    }
}
