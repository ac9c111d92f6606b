package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Keys;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.Limits.Taken;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * So many connections, messages, recipients or other things in a time, for each client or other key. What is above is
 * refused, and the refusal states when to come back; or it is delayed. What a later throttle, a filter or the
 * destination then refuses stays counted. Immutable: each setting makes another throttle, which shares what is counted.
 */
public final class LimitRate implements Throttle {

    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Duration LONGEST_IN_MESSAGE = Duration.ofSeconds(5);

    private final Counted counted;
    private final LimitKey key;
    private final Allowance allowance;
    private final Function<Session, Limits> limits;
    private final Duration longest;
    private final Optional<Reply> refusal;
    private final String rule;

    /** The kind of key in the store: what is counted in another way has another place. */
    private final String kind;

    private LimitRate(
            Counted counted,
            LimitKey key,
            Rate rate,
            Function<Session, Limits> limits,
            Duration longest,
            Optional<Reply> refusal) {
        this.counted = counted;
        this.key = key;
        this.allowance = Allowance.of(rate, longest);
        this.limits = limits;
        this.longest = longest;
        this.refusal = refusal;
        this.rule = key + ":" + counted + "=" + rate;
        this.kind = longest.isZero() ? rule : rule + "~" + longest.toMillis();
    }

    /** What is counted, and by which key: {@link LimitKey#client} unless another is set. Immutable. */
    public static final class Draft {

        private final Counted counted;
        private final LimitKey key;

        private Draft(Counted counted, LimitKey key) {
            this.counted = counted;
            this.key = key;
        }

        /**
         * This by another key.
         *
         * @throws IllegalArgumentException if the key is not known yet when this is counted, such as a recipient at MAIL
         */
        public Draft by(LimitKey other) {
            Objects.requireNonNull(other, "key");
            if (!counted.canBeBy(other)) {
                throw new IllegalArgumentException("key of " + counted + " must be known by then, was " + other);
            }
            return new Draft(counted, other);
        }

        /**
         * The throttle. It counts where the proxy shares its state ({@link SharedState}), else in memory, for 1,000,000 keys
         * at most, unless it is set to count elsewhere.
         *
         * @throws IllegalStateException if a library of {@link MemoryLimits} is missing
         */
        public LimitRate to(Rate rate) {
            Objects.requireNonNull(rate, "rate");
            Function<Session, Limits> limits = SharedState.limitsOr(MemoryLimits.create());
            return new LimitRate(counted, key, rate, limits, Duration.ZERO, Optional.empty());
        }
    }

    /** The rate of these. */
    public static Draft of(Counted counted) {
        Objects.requireNonNull(counted, "counted");
        return new Draft(counted, LimitKey.client());
    }

    /** This, counting here and nowhere else: several throttles can share one, and several proxies. */
    public LimitRate in(Limits other) {
        Objects.requireNonNull(other, "limits");
        return counting(session -> other);
    }

    LimitRate counting(Function<Session, Limits> where) {
        return new LimitRate(counted, key, allowance.rate(), where, longest, refusal);
    }

    /**
     * This with a delay in place of a refusal, where the time to wait is no longer than this. Those who wait at the same time
     * keep the rate together. Nobody is delayed unless this is set.
     *
     * @param most above zero and at most 1 minute; 5 seconds for octets, since the destination waits for the message
     */
    public LimitRate delaying(Duration most) {
        TimeLimit.check("delaying", most, counted == Counted.OCTETS ? LONGEST_IN_MESSAGE : LONGEST);
        return new LimitRate(counted, key, allowance.rate(), limits, most, refusal);
    }

    /**
     * This with other words for what is above the rate.
     *
     * @param reply 4xx or 5xx; after a refused recipient or login only a 421 changes anything
     */
    public LimitRate refusing(Reply reply) {
        Pace.refuse(Objects.requireNonNull(reply, "refusal"));
        return new LimitRate(counted, key, allowance.rate(), limits, longest, Optional.of(Reply.copyOf(reply)));
    }

    @Override
    public Pace before(Step step) {
        long events = counted.events(step);
        if (events == 0 && !counted.guards(step)) {
            return Pace.go();
        }
        Optional<String> whose = key.value(step);
        if (whose.isEmpty()) {
            return Pace.go();
        }
        Limits now = limits.apply(step.session());
        return events == 0 ? guard(now, whose.get()) : count(now, whose.get(), events);
    }

    /** Of many octets at once those are granted that the rate can have at once. */
    private Pace count(Limits now, String whose, long events) {
        long wanted = Math.min(events, allowance.rate().burst());
        Taken taken = now.take(Keys.of(kind, whose), allowance.bucket(), wanted * allowance.parts());
        if (!taken.granted()) {
            return refuse(whose, taken.remaining(), taken.retryAfter());
        }
        Duration delay = allowance.delay(taken.remaining());
        Pace pace = wanted < events ? Pace.grant(wanted, delay) : delay.isZero() ? Pace.go() : Pace.after(delay);
        return delay.isZero() ? pace : pace.because(reason(whose, taken.remaining(), delay));
    }

    private Pace guard(Limits now, String whose) {
        Taken left = now.take(Keys.of(kind, whose), allowance.bucket(), allowance.beyond());
        return allowance.isUsedUp(left.remaining()) ? refuse(whose, left.remaining(), allowance.interval()) : Pace.go();
    }

    private Pace refuse(String whose, long remaining, Duration wait) {
        long seconds = Math.max(1, wait.plusNanos(999_999_999).toSeconds());
        return Pace.refuse(refusal.orElseGet(() -> counted.refusal(seconds))).because(reason(whose, remaining, wait));
    }

    private Throttled reason(String whose, long remaining, Duration wait) {
        return Throttled.by("LimitRate")
                .rule(rule, whose)
                .remaining(allowance.left(remaining), allowance.rate().burst())
                .retryAfter(wait);
    }

    /** The rule, such as {@code client:messages=500/min, burst 50}. */
    @Override
    public String toString() {
        return rule;
    }
}
