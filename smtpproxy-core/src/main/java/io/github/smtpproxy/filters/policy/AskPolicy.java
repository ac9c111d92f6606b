package io.github.smtpproxy.filters.policy;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a server that speaks Postfix's policy delegation protocol about each recipient, and refuses in its words: postgrey,
 * postfwd, the SPF policy agent and policyd-rate-limit work unchanged. Immutable: each setting makes another
 * filter, which shares the connections.
 *
 * <p>{@code DISCARD} and {@code HOLD}, unless {@link #onDiscard} routes them, {@code REDIRECT}, {@code BCC}, {@code FILTER}
 * and actions that are not known are answered {@code 451 4.3.5}: only the destination accepts.
 */
public final class AskPolicy implements ContentFilter, AutoCloseable, Cloneable {

    private static final Logger log = LoggerFactory.getLogger(AskPolicy.class);
    private static final Key<Prepended> PREPENDED = Key.of("fields that a policy server prepends", Prepended.class);
    private static final Key<OnDiscard> DISCARDED = Key.of("what a policy server discards", OnDiscard.class);
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final PolicyService service;
    // changed in a fresh copy only, before anybody else sees it
    private Duration limit = Duration.ofSeconds(100);
    private WhenDown whenDown = WhenDown.DEFER;
    private Predicate<Session> exempt = Clients.trusted();
    private boolean alsoAtData;
    private String context = "";
    private OnDiscard onDiscard = OnDiscard.refuse();

    /** Fields for the top of the message, the last one first. */
    private record Prepended(List<PolicyAction.Prepend> fields) {

        private static final int MAX = 100;

        Prepended and(PolicyAction.Prepend further) {
            List<PolicyAction.Prepend> more = new ArrayList<>(fields);
            if (!more.contains(further) && more.size() < MAX) {
                more.add(further);
            }
            return new Prepended(List.copyOf(more));
        }
    }

    private AskPolicy(PolicyService service) {
        this.service = service;
    }

    /**
     * Asks one of these servers, the next one where one fails.
     *
     * @param servers {@code HOST:PORT} or the path of a Unix socket; at least one
     */
    public static AskPolicy at(ServiceAddress... servers) {
        return new AskPolicy(new PolicyService(Failover.of(servers)));
    }

    /** As {@link #at(ServiceAddress...)}, with addresses as {@link ServiceAddress#parse} reads them. */
    public static AskPolicy at(String... servers) {
        return at(ServiceAddress.parseAll(servers));
    }

    /** This with a limit of the time that an answer may take, all tries together: 100 s by default, 10 minutes at most. */
    public AskPolicy within(Duration value) {
        return with(p -> p.limit = TimeLimit.check("limit", value, LONGEST));
    }

    /** This with another fate of commands that no server answers: {@code 451 4.3.5} by default. */
    public AskPolicy whenDown(WhenDown then) {
        Objects.requireNonNull(then, "whenDown");
        return with(p -> p.whenDown = then);
    }

    /**
     * This with other clients that no server is asked about, {@link Clients#trusted()} by default. For what limits clients
     * that are logged in: {@link Clients#none()}.
     */
    public AskPolicy exempt(Predicate<Session> clients) {
        Objects.requireNonNull(clients, "exempt");
        return with(p -> p.exempt = clients);
    }

    /** This, asking again when the recipients are known, with {@code protocol_state=DATA} and their number. */
    public AskPolicy alsoAtData() {
        return with(p -> p.alsoAtData = true);
    }

    /** This with a value of {@code policy_context}, for a server that serves several. */
    public AskPolicy context(String value) {
        Objects.requireNonNull(value, "context");
        return with(p -> p.context = value);
    }

    /**
     * This with another fate of messages that a server wants to {@code DISCARD} or {@code HOLD}, for one of their recipients
     * at least: {@code 451 4.3.5} by default.
     */
    public AskPolicy onDiscard(OnDiscard fate) {
        Objects.requireNonNull(fate, "onDiscard");
        return with(p -> p.onDiscard = fate);
    }

    private AskPolicy with(Consumer<AskPolicy> change) {
        try {
            AskPolicy copy = (AskPolicy) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return exempt.test(next.session())
                ? next.proceed(rcpt)
                : decide(PolicyRequest.rcpt(rcpt, next.transaction(), context), next, () -> next.proceed(rcpt));
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        Supplier<Reply> goOn = () -> next.proceed(changed(message, next.transaction()));
        return !alsoAtData || exempt.test(next.session())
                ? goOn.get()
                : decide(
                        PolicyRequest.data(message.mail(), message.recipients().size(), next.transaction(), context),
                        next,
                        goOn);
    }

    private static Message changed(Message message, Transaction transaction) {
        Message changed = message.withHeaders(prepended(message, transaction));
        return transaction
                .attribute(DISCARDED)
                .flatMap(OnDiscard::target)
                .map(changed::routedTo)
                .orElse(changed);
    }

    private static Headers prepended(Message message, Transaction transaction) {
        Headers headers = message.headers();
        for (PolicyAction.Prepend field :
                transaction.attribute(PREPENDED).map(Prepended::fields).orElse(List.of())) {
            headers = headers.prepend(field.name(), field.value());
        }
        return headers;
    }

    private Reply decide(PolicyRequest request, TransactionChain<?> next, Supplier<Reply> goOn) {
        long began = System.nanoTime();
        PolicyAction action;
        try {
            action = PolicyAction.parse(service.ask(request, limit));
        } catch (IOException e) {
            return down(e, began, next, goOn);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return down(e, began, next, goOn);
        }
        Decision decision = decision(action);
        next.verdict(Verdict.of("AskPolicy", decision).rule(action.word()).took(since(began)));
        return carryOut(action, next, goOn);
    }

    private Reply carryOut(PolicyAction action, TransactionChain<?> next, Supplier<Reply> goOn) {
        String id = next.transaction().id();
        if (action instanceof PolicyAction.Refuse refuse) {
            return refuse.reply();
        }
        if (isUnusable(action)) {
            log.warn("{}: a policy server's action {} is not carried out: the client gets 451", id, action.word());
            return misconfigured(id);
        }
        if (action instanceof PolicyAction.Discard) {
            next.transaction().attribute(DISCARDED, onDiscard);
        }
        if (action instanceof PolicyAction.DeferIfReject defer) {
            Reply reply = goOn.get();
            return reply.isPermanent() ? defer.reply() : reply;
        }
        if (action instanceof PolicyAction.Prepend field) {
            Prepended before = next.transaction().attribute(PREPENDED).orElse(new Prepended(List.of()));
            next.transaction().attribute(PREPENDED, before.and(field));
        }
        if (action instanceof PolicyAction.Log line) {
            log.info("{}: {} of a policy server: {}", id, line.word(), line.text());
        }
        return goOn.get();
    }

    private Decision decision(PolicyAction action) {
        if (action instanceof PolicyAction.Refuse refuse) {
            return refuse.reply().isPermanent() ? Decision.REFUSE : Decision.DEFER;
        }
        return isUnusable(action) ? Decision.DEFER : Decision.PASS;
    }

    private boolean isUnusable(PolicyAction action) {
        boolean discards = action instanceof PolicyAction.Discard;
        return action instanceof PolicyAction.Unusable
                || discards && onDiscard.target().isEmpty();
    }

    private Reply down(Exception failure, long began, TransactionChain<?> next, Supplier<Reply> goOn) {
        String id = next.transaction().id();
        log.warn("{}: no policy server can be asked: {}", id, Printable.of(failure.toString()));
        boolean passes = whenDown == WhenDown.PASS;
        next.verdict(Verdict.of("AskPolicy", passes ? Decision.PASS : Decision.DEFER)
                .rule("down")
                .took(since(began)));
        return passes ? goOn.get() : misconfigured(id);
    }

    private static Reply misconfigured(String id) {
        return Reply.defer("4.3.5", "Server configuration problem (" + id + ")");
    }

    private static Duration since(long began) {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Closes the connections that are idle; those of all filters that were made from this one. */
    @Override
    public void close() {
        try {
            service.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
