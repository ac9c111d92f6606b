package io.github.smtpproxy.state;

import io.github.smtpproxy.throttle.Rate;
import java.time.Duration;
import java.util.Objects;

/**
 * Counts what is limited, by key: events in a time, and holders at once. Several proxies may share one, and then hold one
 * limit together. Thread-safe; no method throws because a server is not there.
 */
public interface Limits {

    /**
     * Takes events out of a rate, if it still has as many.
     *
     * @param key 300 characters at most; what is counted under one key is always counted with one rate
     * @param events 1 and up; who asks for more than the rate's burst takes nothing; the answer is what remains
     */
    Taken take(String key, Rate rate, long events);

    /**
     * Adds a holder, if there are fewer than so many. A holder that is there already stays, and counts once.
     *
     * @param key 300 characters at most
     * @param holder 100 characters at most
     * @param most 1 and up
     * @return whether it holds a place now
     */
    boolean enter(String key, String holder, long most);

    /** Removes a holder; nothing happens if it is not there. */
    void leave(String key, String holder);

    /**
     * What a rate answered.
     *
     * @param granted whether the events were taken
     * @param remaining events that it would still grant at once
     * @param retryAfter how long until it would grant so many; zero where it granted
     */
    record Taken(boolean granted, long remaining, Duration retryAfter) {

        /** Refuses null. */
        public Taken {
            Objects.requireNonNull(retryAfter, "retryAfter");
        }
    }
}
