package io.github.smtpproxy.throttle;

import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;

/**
 * A throttle's answer: go, go after a delay, or a refusal.
 *
 * @param delay how long to wait first; zero for none
 * @param refusal what the client hears instead of going on; empty to go
 */
public record Pace(Duration delay, Optional<Reply> refusal) {

    private static final Pace GO = new Pace(Duration.ZERO, Optional.empty());

    /** Checks that the delay is not negative and that the refusal refuses. */
    public Pace {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay of a pace is not negative, not " + delay);
        }
        if (refusal.filter(r -> !r.isRefusal()).isPresent()) {
            throw new IllegalArgumentException("a throttle can refuse with 4xx or 5xx only");
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

    /** Do not go on; the client hears this reply, 4xx or 5xx. After a 421 the session is closed. */
    public static Pace refuse(Reply refusal) {
        return new Pace(Duration.ZERO, Optional.of(refusal));
    }
}
