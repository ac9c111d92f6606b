package io.github.smtpproxy.filters.greylist;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Defers the first mail of a client's network, sender and recipient with {@code 451 4.7.1}: servers try again, much of
 * what sends spam does not. Who tried again after the delay and within a window is known for 35 days from its last mail;
 * a network that got through five times is not asked any more. Postmaster is never deferred. Immutable: each setting makes
 * another filter, which shares what is remembered.
 */
public final class Greylist implements Filter {

    private static final Logger log = LoggerFactory.getLogger(Greylist.class);
    private static final int ENTRIES = 100_000;
    private static final Duration LONGEST = Duration.ofDays(1);

    private final Duration delay;
    private final Predicate<Session> exempt;
    private final Function<Session, Store> store;
    private final Clock clock;

    private Greylist(Duration delay, Predicate<Session> exempt, Function<Session, Store> store, Clock clock) {
        this.delay = delay;
        this.exempt = exempt;
        this.store = store;
        this.clock = clock;
    }

    /**
     * With the store that the proxy shares ({@link SharedState}), or one of its own in memory, of 100,000 entries.
     *
     * @param delay until a second try passes, more than 0 and a day at most; Postgrey's is 5 minutes
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static Greylist after(Duration delay) {
        return new Greylist(
                TimeLimit.check("delay", delay, LONGEST),
                Clients.trusted(),
                SharedState.storeOr(MemoryStore.ofAtMost(ENTRIES)),
                Clock.systemUTC());
    }

    /** This, remembering in this store and no other, which proxies may share. */
    public Greylist in(Store other) {
        Objects.requireNonNull(other, "store");
        return new Greylist(delay, exempt, session -> other, clock);
    }

    /** This with other clients that are not deferred, {@link Clients#trusted()} by default. */
    public Greylist exempt(Predicate<Session> clients) {
        Objects.requireNonNull(clients, "exempt");
        return new Greylist(delay, clients, store, clock);
    }

    /** This with another clock; proxies that share a store should agree on the time. */
    public Greylist clock(Clock other) {
        Objects.requireNonNull(other, "clock");
        return new Greylist(delay, exempt, store, other);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        Session session = next.session();
        boolean unknown = session.remoteAddress().getAddress().isAnyLocalAddress();
        if (unknown || exempt.test(session) || rcpt.recipient().isPostmaster()) {
            return next.proceed(rcpt);
        }
        long began = System.nanoTime();
        Triplet.State state = state(next, rcpt);
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        boolean passes = state.left().isZero();
        next.verdict(Verdict.of("Greylist", passes ? Decision.PASS : Decision.DEFER)
                .rule(state.rule())
                .took(took));
        return passes
                ? next.proceed(rcpt)
                : deferral(state.left(), next.transaction().id());
    }

    /** A store that is down defers nobody. */
    private Triplet.State state(TransactionChain<RcptTo> next, RcptTo rcpt) {
        try {
            Triplet triplet = new Triplet(next.session(), next.transaction().mail(), rcpt);
            return triplet.seen(store.apply(next.session()), clock.millis(), delay);
        } catch (RuntimeException down) {
            log.warn(
                    "{}: greylisting is off, its store is down: {}",
                    next.transaction().id(),
                    Printable.of(down.toString()));
            return Triplet.State.passing("down");
        }
    }

    private static Reply deferral(Duration left, String id) {
        long seconds = Math.max(1, left.plusMillis(999).toSeconds());
        return Reply.refusal(451, "4.7.1", "Greylisted, try again in " + seconds + " s (" + id + ")");
    }
}
