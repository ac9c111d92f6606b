package io.github.smtpproxy.filters.reputation;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
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
 * What clients did before, as a score: good mail raises it; recipients that do not exist, refusals and failed logins lower
 * it. It fades by half in a week, and is remembered for 60 days. Given to the proxy as a listener, it learns; filters and
 * throttles read it.
 *
 * <p>A client is known by its address, its network (a quarter of the address's weight), the two together with its HELO name,
 * and its user if it logged in; the score is the sum. Somebody else's HELO name or login alone harms nobody. Refusals for
 * now (4xx), and those of {@link RefuseDisreputable}, do not count. Immutable: each setting makes another, which shares
 * what is remembered.
 */
public final class Reputation implements ProxyListener {

    private static final Logger log = LoggerFactory.getLogger(Reputation.class);
    private static final int ENTRIES = 100_000;

    private final Deeds deeds;
    private final Duration halfLife;
    private final Predicate<Session> ignored;
    private final Function<Session, Store> store;
    private final Clock clock;
    private final Scores scores;

    private Reputation(
            Deeds deeds, Duration halfLife, Predicate<Session> ignored, Function<Session, Store> store, Clock clock) {
        this.deeds = deeds;
        this.halfLife = halfLife;
        this.ignored = ignored;
        this.store = store;
        this.clock = clock;
        this.scores = new Scores(store, clock, halfLife);
    }

    /**
     * With the default weights and the store that the proxy shares ({@link SharedState}), or one of its own in memory, of
     * 100,000 entries.
     *
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static Reputation inMemory() {
        return in(SharedState.storeOr(MemoryStore.ofAtMost(ENTRIES)));
    }

    /** With the default weights and this store and no other, which proxies may share. */
    public static Reputation of(Store store) {
        Objects.requireNonNull(store, "store");
        return in(session -> store);
    }

    private static Reputation in(Function<Session, Store> store) {
        return new Reputation(Deeds.defaults(), Duration.ofDays(7), Clients.local(), store, Clock.systemUTC());
    }

    /** This with other weights. */
    public Reputation weighing(Deeds value) {
        Objects.requireNonNull(value, "deeds");
        return new Reputation(value, halfLife, ignored, store, clock);
    }

    /** This with another time in which a score fades by half, a minute to 60 days; a week by default. */
    public Reputation halfLife(Duration value) {
        Objects.requireNonNull(value, "halfLife");
        if (value.compareTo(Duration.ofMinutes(1)) < 0 || value.compareTo(Scores.REMEMBERED) > 0) {
            throw new IllegalArgumentException("halfLife must be between 1 minute and 60 days, was " + value);
        }
        return new Reputation(deeds, value, ignored, store, clock);
    }

    /** This with other clients that it learns nothing of, {@link Clients#local()} by default. */
    public Reputation ignoring(Predicate<Session> clients) {
        Objects.requireNonNull(clients, "ignoring");
        return new Reputation(deeds, halfLife, clients, store, clock);
    }

    /** This with another clock. */
    public Reputation clock(Clock other) {
        Objects.requireNonNull(other, "clock");
        return new Reputation(deeds, halfLife, ignored, store, other);
    }

    /**
     * The score of a client: 0 for one that is not known, and while the store is down. On the session's thread.
     */
    public double of(Session session) {
        Objects.requireNonNull(session, "session");
        try {
            return scores.of(session);
        } catch (RuntimeException down) {
            warn(session, down);
            return 0;
        }
    }

    @Override
    public void refused(Session session, Refusal refusal) {
        if (refusal.verb().equals("AUTH") && refusal.reply().code() == 535) {
            learn(session, deeds.failedLogin());
        }
        if (!refusal.reply().isPermanent() || refusal.name().equals(RefuseDisreputable.class.getSimpleName())) {
            return;
        }
        boolean ofMessage = refusal.verb().equals("DATA") || refusal.verb().equals("BDAT");
        boolean ofRecipient = refusal.recipient().isPresent();
        if (refusal.by() == By.DESTINATION && ofRecipient) {
            learn(session, deeds.unknownRecipient());
        } else if (refusal.by() == By.FILTER && ofRecipient
                || ofMessage && (refusal.by() == By.FILTER || refusal.by() == By.DESTINATION)) {
            learn(session, deeds.refused());
        }
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        if (outcome.result() == Outcome.Result.DELIVERED) {
            learn(transaction.session(), deeds.goodMessage());
        }
    }

    private void learn(Session session, double weight) {
        if (weight == 0 || ignored.test(session)) {
            return;
        }
        try {
            scores.add(session, weight);
        } catch (RuntimeException down) {
            warn(session, down);
        }
    }

    private static void warn(Session session, RuntimeException down) {
        log.warn("{}: the store of reputations is down: {}", session.id(), Printable.of(down.toString()));
    }
}
