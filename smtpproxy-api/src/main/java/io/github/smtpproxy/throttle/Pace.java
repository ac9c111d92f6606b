package io.github.smtpproxy.throttle;

import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * A throttle's answer: go, go after a delay, or a refusal.
 *
 * @param delay how long to wait first, at most a day; zero for none
 * @param refusal the reply instead of going on; empty to go
 */
public record Pace(Duration delay, Optional<Reply> refusal) {

    // before GO, which is checked by it
    private static final Duration MAX_DELAY = Duration.ofDays(1);

    private static final Pace GO = new Pace(Duration.ZERO, Optional.empty());

    /** Checks that the delay is 0 to 1 day and that the refusal refuses. */
    public Pace {
        Objects.requireNonNull(delay, "delay");
        Objects.requireNonNull(refusal, "refusal");
        if (delay.isNegative() || delay.compareTo(MAX_DELAY) > 0) {
            throw new IllegalArgumentException("delay must be between 0 and 1 day, was " + delay);
        }
        if (refusal.filter(r -> !r.isRefusal()).isPresent()) {
            throw new IllegalArgumentException("refusal must be 4xx or 5xx, was " + refusal.get());
        }
    }

    /** Go on now. */
    public static Pace go() {
        return GO;
    }

    /** Go on after this delay. */
    public static Pace after(Duration delay) {
        return new Pace(delay, Optional.empty());
    }

    /** Do not go on; the client gets this reply, 4xx or 5xx. After a 421 the session is closed. */
    public static Pace refuse(Reply refusal) {
        return new Pace(Duration.ZERO, Optional.of(Objects.requireNonNull(refusal, "refusal")));
    }
}
