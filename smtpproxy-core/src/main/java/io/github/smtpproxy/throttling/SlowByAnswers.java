package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
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
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends less mail where a destination asks for less: 5 answers such as {@code 421}, or {@code 451} with words about a rate,
 * within a minute suspend the destination, the sender or another key for a minute. Clients then get {@code 451 4.7.1} at once,
 * at MAIL or RCPT, and the destination is not asked. Each further time lasts twice as long, up to an hour; after an hour
 * without such an answer all is forgotten.
 *
 * <p>Given to the proxy twice: as a listener it learns, as a throttle it acts. Immutable: each setting makes another one,
 * which shares what is remembered.
 */
public final class SlowByAnswers implements ProxyListener, Throttle {

    private static final Logger log = LoggerFactory.getLogger(SlowByAnswers.class);

    private static final int ENTRIES = 100_000;
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    /** What is connected to in a transaction is the destination of that one only. */
    private static final Key<Boolean> IN_TRANSACTION = Key.of("in a transaction", Boolean.class);

    private final Whose whose;
    private final List<Answer> answers;
    private final Penalties penalties;
    private final Optional<Duration> delay;
    private final String rule;

    private SlowByAnswers(Whose whose, List<Answer> answers, Penalties penalties, Optional<Duration> delay) {
        this.whose = whose;
        this.answers = answers;
        this.penalties = penalties;
        this.delay = delay;
        this.rule = whose + ":answers=" + Rate.of(penalties.answers(), penalties.within());
    }

    private static SlowByAnswers of(Whose whose) {
        Penalties penalties = Penalties.defaults(SharedState.storeOr(MemoryStore.ofAtMost(ENTRIES)));
        return new SlowByAnswers(whose, Answer.defaults(), penalties, Optional.empty());
    }

    /**
     * By the destination as a whole, where it is known when the client connects: the router decided so, and connections are
     * not shared. Elsewhere see {@link #destination(Destination)} and {@link LimitKey#recipientDomain}.
     *
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static SlowByAnswers destination() {
        return of(new Whose.TheDestination(Optional.empty()));
    }

    /**
     * By the destination as a whole, where all mail goes to this one, whenever the proxy connects to it.
     *
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static SlowByAnswers destination(Destination only) {
        Objects.requireNonNull(only, "only");
        return of(new Whose.TheDestination(Optional.of(only)));
    }

    /**
     * By whom the answer was about, such as the sender. Held at MAIL; the recipient's domain at RCPT, and an answer to a
     * message is about each of its recipients' domains. A key of one's own is asked about {@link Step.Refusal} and
     * {@link Step.Mail}.
     *
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static SlowByAnswers by(LimitKey key) {
        Objects.requireNonNull(key, "key");
        return of(new Whose.ByKey(key));
    }

    private SlowByAnswers with(Penalties other) {
        return new SlowByAnswers(whose, answers, other, delay);
    }

    /** This with other answers that count, {@link Answer#defaults()} by default; at least one. */
    public SlowByAnswers on(List<Answer> value) {
        List<Answer> copy = List.copyOf(Objects.requireNonNull(value, "answers"));
        if (copy.isEmpty()) {
            throw new IllegalArgumentException("answers must be at least 1, was 0");
        }
        return new SlowByAnswers(whose, copy, penalties, delay);
    }

    /**
     * This acting after another number of answers.
     *
     * @param number 1 to 1,000,000; 5 by default
     * @param within above zero and at most 1 day, from the first of them; a minute by default
     */
    public SlowByAnswers after(int number, Duration within) {
        return with(penalties.after(number, within));
    }

    /**
     * This acting for another time.
     *
     * @param first the first time, above zero and at most {@code most}; a minute by default
     * @param most the longest time, at most 1 day; an hour by default
     */
    public SlowByAnswers lasting(Duration first, Duration most) {
        return with(penalties.lasting(first, most));
    }

    /**
     * This forgetting after another time without such an answer: what comes then is a first time again.
     *
     * @param quiet above zero and at most 1 day; an hour by default
     */
    public SlowByAnswers forgetting(Duration quiet) {
        return with(penalties.forgetting(quiet));
    }

    /**
     * This with a delay in place of a refusal: each MAIL, or RCPT, takes so much longer.
     *
     * @param each above zero and at most 1 minute; a destination may hang up while nothing comes, some after 10 seconds
     */
    public SlowByAnswers delaying(Duration each) {
        TimeLimit.check("delaying", each, LONGEST_DELAY);
        return new SlowByAnswers(whose, answers, penalties, Optional.of(each));
    }

    /**
     * This remembering here and nowhere else: several proxies can share a store. By default it is the one that the proxy
     * shares ({@link SharedState}), or one in memory, of 100,000 entries.
     */
    public SlowByAnswers in(Store store) {
        Objects.requireNonNull(store, "store");
        return with(penalties.in(session -> store));
    }

    /** This with another clock. */
    public SlowByAnswers clock(Clock other) {
        Objects.requireNonNull(other, "clock");
        return with(penalties.by(other));
    }

    @Override
    public void connectEnded(Session session, Destination to, Reply reply, Duration duration) {
        boolean ofAll = session.attribute(IN_TRANSACTION).filter(in -> in).isEmpty();
        if (ofAll && reply.isPositive()) {
            session.attribute(Whose.TheDestination.HOME, to.toString());
        }
    }

    @Override
    public void transactionStarted(Transaction transaction) {
        transaction.session().attribute(IN_TRANSACTION, true);
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        transaction.session().attribute(IN_TRANSACTION, false);
    }

    @Override
    public void refused(Session session, Refusal refusal) {
        Reply reply = refusal.reply();
        if (refusal.by() != By.DESTINATION || answers.stream().noneMatch(answer -> answer.matches(reply))) {
            return;
        }
        try {
            whose.of(session, refusal).forEach(key -> learn(session, key));
        } catch (RuntimeException down) {
            warn(session, down);
        }
    }

    private void learn(Session session, String key) {
        penalties
                .add(session, Keys.of(rule, key))
                .ifPresent(time -> log.warn(
                        "{}: {} key={}: {} for {}",
                        session.id(),
                        rule,
                        Printable.of(key),
                        delay.isPresent() ? "delayed" : "suspended",
                        time));
    }

    @Override
    public Pace before(Step step) {
        Optional<String> key = whose.of(step);
        if (key.isEmpty()) {
            return Pace.go();
        }
        Duration left = left(step.session(), Keys.of(rule, key.get()));
        if (left.isZero()) {
            return Pace.go();
        }
        Pace pace = delay.map(Pace::after).orElseGet(() -> Pace.refuse(refusal(left)));
        return pace.because(Throttled.by("SlowByAnswers").rule(rule, key.get()).retryAfter(left));
    }

    private static Reply refusal(Duration left) {
        long seconds = Math.max(1, left.plusNanos(999_999_999).toSeconds());
        String again = seconds == 1 ? "1 second" : seconds + " seconds";
        return Reply.defer("4.7.1", "The destination takes no more now, try again in " + again);
    }

    private Duration left(Session session, String key) {
        try {
            return penalties.left(session, key);
        } catch (RuntimeException down) {
            warn(session, down);
            return Duration.ZERO;
        }
    }

    private static void warn(Session session, RuntimeException down) {
        log.warn("{}: the store of answers is down: {}", session.id(), Printable.of(down.toString()));
    }

    /** The rule, such as {@code destination:answers=5/min}. */
    @Override
    public String toString() {
        return rule;
    }
}
