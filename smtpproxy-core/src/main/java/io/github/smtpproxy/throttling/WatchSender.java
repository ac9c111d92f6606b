package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.state.Keys;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.LimitKey.From;
import io.github.smtpproxy.throttling.Watched.Sent;
import io.github.smtpproxy.throttling.Watched.Standing;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slows a sender of whose mail too much is refused, then holds him off, before the addresses that he sends from are listed: for
 * outbound mail of users whose password may be known to others. From 30 % of at least 20 messages in an hour that are refused
 * as spam, or of at least 20 recipients that are not known, each MAIL and RCPT is held for 5 s, for an hour. If it is so again
 * of what he sends then, MAIL and RCPT are refused with {@code 450 4.7.1} for an hour, which states when to come back;
 * then he is slowed again for an hour.
 *
 * <p>Refused as spam is what a filter or the destination refuses at the end of a message with 550 or 554 and the status 5.7.x or
 * none; not known is a recipient as {@link Counted#UNKNOWN_RECIPIENTS} counts them. A message counts once its octets come, so
 * that commands alone make no share smaller. Nobody is exempt; see {@link Throttle#unless}.
 *
 * <p>Who is slowed is held as {@link Tarpit} holds: without a connection to the destination, and not where that cannot be.
 * Immutable: each setting makes another throttle, which shares what is remembered.
 */
public final class WatchSender implements Throttle {

    private static final Logger log = LoggerFactory.getLogger(WatchSender.class);

    private static final int ENTRIES = 100_000;
    private static final int MOST_HELD = 10_000;
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    private final LimitKey whose;
    private final Watched watched;
    private final Duration delay;
    private final Key<Tally> tallies;
    private final HeldSessions held;
    private final String rule;

    /** What of a transaction is counted, and what is not yet. Used by the session's thread. */
    private static final class Tally {
        private long recipients;
        private boolean message;
        private boolean spam;
    }

    private WatchSender(LimitKey whose, Watched watched, Duration delay, Key<Tally> tallies, HeldSessions held) {
        this.whose = whose;
        this.watched = watched;
        this.delay = delay;
        this.tallies = tallies;
        this.held = held;
        this.rule = whose + ":refused=" + watched.percent() + "% of " + Rate.of(watched.atLeast(), watched.within());
    }

    /**
     * By this key, such as {@link LimitKey#user} for clients that log in here, or {@link LimitKey#sender} where nobody can send
     * in the name of another, who would be held off for it. It remembers where the proxy shares its state
     * ({@link SharedState}), else in memory, 100,000 of them.
     *
     * @throws IllegalArgumentException if the key is not known at MAIL
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static WatchSender by(LimitKey key) {
        Objects.requireNonNull(key, "key");
        if (!key.isKnownAt(From.MAIL)) {
            throw new IllegalArgumentException("key of a sender must be known at MAIL, was " + key);
        }
        return new WatchSender(
                key,
                Watched.defaults(SharedState.storeOr(MemoryStore.ofAtMost(ENTRIES))),
                Duration.ofSeconds(5),
                Key.of("what a transaction sent", Tally.class),
                new HeldSessions(MOST_HELD));
    }

    private WatchSender with(Watched other) {
        return new WatchSender(whose, other, delay, tallies, held);
    }

    /**
     * This acting from another share on.
     *
     * @param percent 1 to 100; 30 by default
     * @param atLeast of so many messages, or recipients, 1 to 1,000,000; 20 by default
     */
    public WatchSender from(int percent, int atLeast) {
        return with(watched.from(percent, atLeast));
    }

    /**
     * This counting what was sent in another time. What is older fades while as much time passes again.
     *
     * @param time above zero and at most 1 day; an hour by default
     */
    public WatchSender within(Duration time) {
        return with(watched.within(time));
    }

    /**
     * This acting for another time.
     *
     * @param slowed above zero and at most 1 day; an hour by default
     * @param heldOff above zero and at most 1 day; an hour by default
     */
    public WatchSender lasting(Duration slowed, Duration heldOff) {
        return with(watched.lasting(slowed, heldOff));
    }

    /**
     * This with another delay of each MAIL and RCPT of who is slowed.
     *
     * @param each above zero and at most 1 minute; 5 seconds by default
     */
    public WatchSender delaying(Duration each) {
        return new WatchSender(whose, watched, TimeLimit.check("delaying", each, LONGEST_DELAY), tallies, held);
    }

    /** This remembering here and nowhere else: several proxies can share a store. */
    public WatchSender in(Store store) {
        Objects.requireNonNull(store, "store");
        return with(watched.in(session -> store));
    }

    /** This with another clock. */
    public WatchSender clock(Clock other) {
        Objects.requireNonNull(other, "clock");
        return with(watched.by(other));
    }

    @Override
    public Pace before(Step step) {
        Optional<String> key = concerns(step) ? whose.value(step) : Optional.empty();
        if (key.isEmpty()) {
            return Pace.go();
        }
        try {
            return before(step, key.get());
        } catch (RuntimeException down) {
            log.warn("{}: the store of senders is down: {}", step.session().id(), Printable.of(down.toString()));
            return Pace.go();
        }
    }

    private static boolean concerns(Step step) {
        return step instanceof Step.Mail
                || step instanceof Step.Rcpt
                || step instanceof Step.Data
                || step instanceof Step.Refusal;
    }

    private Pace before(Step step, String key) {
        if (step instanceof Step.Mail) {
            return pace(step.session(), key);
        }
        if (step instanceof Step.Rcpt rcpt) {
            Pace pace = pace(step.session(), key);
            tally(rcpt.transaction()).recipients += pace.refusal().isPresent() ? 0 : 1;
            return pace;
        }
        if (step instanceof Step.Data data) {
            arrived(data.transaction(), key);
        }
        if (step instanceof Step.Refusal refused) {
            refused.refusal().transaction().ifPresent(transaction -> refused(transaction, refused, key));
        }
        return Pace.go();
    }

    private Pace pace(Session session, String key) {
        Standing standing = watched.standing(session, Keys.of(rule, key));
        Throttled reason = Throttled.by("WatchSender").rule(rule, key).retryAfter(standing.left());
        return switch (standing.level()) {
            case FREE -> Pace.go();
            case SLOWED -> Pace.hold(delay, held.hold(session)).because(reason);
            case HELD_OFF -> Pace.refuse(refusal(standing.left())).because(reason);
        };
    }

    private static Reply refusal(Duration left) {
        long seconds = Math.max(1, left.plusNanos(999_999_999).toSeconds());
        String again = seconds == 1 ? "1 second" : seconds + " seconds";
        return Reply.refusal(450, "4.7.1", "Too much of your mail is refused, try again in " + again);
    }

    private Tally tally(Transaction transaction) {
        return transaction.attribute(tallies).orElseGet(() -> {
            Tally none = new Tally();
            transaction.attribute(tallies, none);
            return none;
        });
    }

    private void arrived(Transaction transaction, String key) {
        Tally tally = tally(transaction);
        if (!tally.message) {
            tally.message = true;
            add(transaction.session(), key, new Sent(1, 0, recipients(tally), 0));
        }
    }

    private void refused(Transaction transaction, Step.Refusal step, String key) {
        Tally tally = tally(transaction);
        if (Counted.UNKNOWN_RECIPIENTS.events(step) > 0) {
            add(step.session(), key, new Sent(0, 0, recipients(tally), 1));
        }
        if (isSpam(step.refusal()) && !tally.spam) {
            tally.spam = true;
            long message = tally.message ? 0 : 1;
            tally.message = true;
            add(step.session(), key, new Sent(message, 1, recipients(tally), 0));
        }
    }

    /** Those that are not counted yet; from now on they are. */
    private static long recipients(Tally tally) {
        long recipients = tally.recipients;
        tally.recipients = 0;
        return recipients;
    }

    private static boolean isSpam(Refusal refusal) {
        int code = refusal.reply().code();
        return (refusal.by() == By.FILTER || refusal.by() == By.DESTINATION)
                && refusal.verb().matches("DATA|BDAT")
                && (code == 550 || code == 554)
                && refusal.reply().status().map(s -> s.subject() == 7).orElse(true);
    }

    private void add(Session session, String key, Sent sent) {
        watched.add(session, Keys.of(rule, key), sent)
                .ifPresent(begun -> log.warn(
                        "{}: {} key={}: {} for {}",
                        session.id(),
                        rule,
                        Printable.of(key),
                        begun.level() == Watched.Level.SLOWED ? "slowed" : "held off",
                        begun.left()));
    }

    /** The rule, such as {@code user:refused=30% of 20/h}. */
    @Override
    public String toString() {
        return rule;
    }
}
