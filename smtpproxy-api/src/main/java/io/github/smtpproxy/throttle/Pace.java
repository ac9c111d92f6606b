package io.github.smtpproxy.throttle;

import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** A throttle's answer: go on, after a delay, with some octets only, or a refusal. Immutable. */
public final class Pace {

    private static final Duration MAX_DELAY = Duration.ofDays(1);

    private static final Pace GO = new Pace(Duration.ZERO, OptionalLong.empty(), Optional.empty());

    private final Duration delay;
    private final OptionalLong octets;
    private final Optional<Reply> refusal;

    private Pace(Duration delay, OptionalLong octets, Optional<Reply> refusal) {
        this.delay = delay;
        this.octets = octets;
        this.refusal = refusal;
    }

    /** Go on now. */
    public static Pace go() {
        return GO;
    }

    /**
     * Go on after this delay.
     *
     * @param delay 0 to 1 day
     */
    public static Pace after(Duration delay) {
        return new Pace(checked(delay), OptionalLong.empty(), Optional.empty());
    }

    /**
     * Go on with at most so many octets of those that were asked for; the throttle is asked for the others next. Only for
     * {@link Step.Data} and {@link Step.Send}; at other steps it is {@link #go}.
     *
     * @param octets 1 and up
     */
    public static Pace grant(long octets) {
        return grant(octets, Duration.ZERO);
    }

    /**
     * As {@link #grant(long)}, after a delay.
     *
     * @param octets 1 and up
     * @param delay 0 to 1 day
     */
    public static Pace grant(long octets, Duration delay) {
        if (octets < 1) {
            throw new IllegalArgumentException("octets must be at least 1, was " + octets);
        }
        return new Pace(checked(delay), OptionalLong.of(octets), Optional.empty());
    }

    /** Do not go on; the client gets this reply, 4xx or 5xx. After a 421 the session is closed. */
    public static Pace refuse(Reply refusal) {
        Objects.requireNonNull(refusal, "refusal");
        Reply value = Reply.copyOf(refusal);
        if (!value.isRefusal()) {
            throw new IllegalArgumentException("refusal must be 4xx or 5xx, was " + value);
        }
        return new Pace(Duration.ZERO, OptionalLong.empty(), Optional.of(value));
    }

    /** How long to wait first; zero for none. */
    public Duration delay() {
        return delay;
    }

    /** How many octets may go on; empty for all that were asked for. */
    public OptionalLong octets() {
        return octets;
    }

    /** The reply instead of going on; empty to go. */
    public Optional<Reply> refusal() {
        return refusal;
    }

    private static Duration checked(Duration delay) {
        Objects.requireNonNull(delay, "delay");
        if (delay.isNegative() || delay.compareTo(MAX_DELAY) > 0) {
            throw new IllegalArgumentException("delay must be between 0 and 1 day, was " + delay);
        }
        return delay;
    }

    @Override
    public String toString() {
        return refusal.map(r -> "refuse with " + r)
                .orElse("go after " + delay + (octets.isPresent() ? " with " + octets.getAsLong() + " octets" : ""));
    }
}
