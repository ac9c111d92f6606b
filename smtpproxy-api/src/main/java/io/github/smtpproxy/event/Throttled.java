package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A throttle slowed or refused a client, or would have: which throttle, by which rule, for which key, and what is left of
 * the limit. Immutable: each setting makes another one. A throttle gives it to {@code Pace.because}; of one that does not,
 * listeners get the name only.
 */
public final class Throttled {

    /** What became of the step. */
    public enum Decision {
        /** It went on after a delay. */
        DELAYED,
        /** The client got a refusal. */
        REFUSED,
        /** It went on at once: the throttle is only observed. */
        OBSERVED
    }

    private static final int MAX_TEXT = 200;

    private final String throttle;
    private final String rule;
    private final String key;
    private final OptionalLong limit;
    private final OptionalLong remaining;
    private final Duration retryAfter;
    private final Answer answer;

    /** What the throttle answered, and whether that held. */
    private record Answer(Duration delay, Optional<Reply> refusal, boolean observed) {}

    private Throttled(
            String throttle,
            String rule,
            String key,
            OptionalLong limit,
            OptionalLong remaining,
            Duration retryAfter,
            Answer answer) {
        this.throttle = throttle;
        this.rule = rule;
        this.key = key;
        this.limit = limit;
        this.remaining = remaining;
        this.retryAfter = retryAfter;
        this.answer = answer;
    }

    /**
     * A decision without a rule, which neither delays nor refuses yet.
     *
     * @param throttle who: the simple name of the throttle's class, or another name for the log
     */
    public static Throttled by(String throttle) {
        return new Throttled(
                text("throttle", throttle),
                "",
                "",
                OptionalLong.empty(),
                OptionalLong.empty(),
                Duration.ZERO,
                new Answer(Duration.ZERO, Optional.empty(), false));
    }

    /** Printable US-ASCII of one line: what comes from outside must not look like another line of the log. */
    private static String text(String name, String value) {
        Objects.requireNonNull(value, name);
        String start = value.length() > MAX_TEXT ? value.substring(0, MAX_TEXT) : value;
        return start.replaceAll("[^ -~]", "?");
    }

    /** Which throttle. */
    public String throttle() {
        return throttle;
    }

    /** The rule as text, such as {@code client:messages=500/min}; empty if there is none to name. */
    public String rule() {
        return rule;
    }

    /** Whom it counts, such as the client's address; empty if there is nobody to name. */
    public String key() {
        return key;
    }

    /**
     * This by a rule, for a key: at most 200 characters of each are kept, and those that are no printable US-ASCII become
     * {@code ?}.
     */
    public Throttled rule(String value, String whose) {
        return new Throttled(throttle, text("rule", value), text("key", whose), limit, remaining, retryAfter, answer);
    }

    /** How many the rule allows at once; empty if it does not count. */
    public OptionalLong limit() {
        return limit;
    }

    /** How many of them are left after this decision; empty if it does not count. */
    public OptionalLong remaining() {
        return remaining;
    }

    /**
     * This with what is left.
     *
     * @param left how many are left
     * @param most how many there are at once
     */
    public Throttled remaining(long left, long most) {
        return new Throttled(throttle, rule, key, OptionalLong.of(most), OptionalLong.of(left), retryAfter, answer);
    }

    /** After which time the client would be let go; zero if it is not known. */
    public Duration retryAfter() {
        return retryAfter;
    }

    /** This until a time is over, which is not negative. */
    public Throttled retryAfter(Duration value) {
        return new Throttled(throttle, rule, key, limit, remaining, notNegative("retryAfter", value), answer);
    }

    /** What became of the step. */
    public Decision decision() {
        if (answer.observed()) {
            return Decision.OBSERVED;
        }
        return answer.refusal().isPresent() ? Decision.REFUSED : Decision.DELAYED;
    }

    /** How long the step waits, or would have waited; zero where it is refused. */
    public Duration delay() {
        return answer.delay();
    }

    /** This as a delay, which is not negative. */
    public Throttled delayed(Duration value) {
        return with(new Answer(notNegative("delay", value), Optional.empty(), answer.observed()));
    }

    /** What the client gets, or would have got; empty where the step is delayed. */
    public Optional<Reply> refusal() {
        return answer.refusal();
    }

    /** This as a refusal. */
    public Throttled refused(Reply value) {
        Objects.requireNonNull(value, "refusal");
        return with(new Answer(Duration.ZERO, Optional.of(value), answer.observed()));
    }

    /** This of a throttle that is only observed. */
    public Throttled observed() {
        return with(new Answer(answer.delay(), answer.refusal(), true));
    }

    private Throttled with(Answer other) {
        return new Throttled(throttle, rule, key, limit, remaining, retryAfter, other);
    }

    private static Duration notNegative(String name, Duration value) {
        Objects.requireNonNull(value, name);
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " must not be negative, was " + value);
        }
        return value;
    }

    /** As in the log: {@code LimitRate REFUSED client:messages=500/min key=192.0.2.7 remaining=0/500 retry-after=120ms}. */
    @Override
    public String toString() {
        return throttle + " " + decision() + (rule.isEmpty() ? "" : " " + rule + " key=" + key)
                + (limit.isPresent() ? " remaining=" + remaining.getAsLong() + "/" + limit.getAsLong() : "")
                + (retryAfter.isZero() ? "" : " retry-after=" + retryAfter.toMillis() + "ms")
                + (delay().isZero() ? "" : " delay=" + delay().toMillis() + "ms");
    }
}
