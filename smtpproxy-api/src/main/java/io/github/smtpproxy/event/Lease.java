package io.github.smtpproxy.event;

import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** What a transaction got that asked a pool for a connection. Immutable: each setting makes another one. */
public final class Lease {

    /** What became of the question. */
    public enum Result {
        /** It got a connection. */
        GRANTED,
        /** All connections were lent for as long as the pool lets it wait, or too many waited already. */
        TIMED_OUT,
        /** No connection could be opened. */
        FAILED
    }

    private final Destination destination;
    private final Result result;
    private final Duration waited;
    private final Optional<Duration> opening;

    private Lease(Destination destination, Result result, Duration waited, Optional<Duration> opening) {
        this.destination = destination;
        this.result = result;
        this.waited = waited;
        this.opening = opening;
    }

    /**
     * A result for which no connection was opened.
     *
     * @param destination see {@link #destination}
     * @param result see {@link #result}
     * @param waited see {@link #waited}; not negative
     */
    public static Lease of(Destination destination, Result result, Duration waited) {
        Objects.requireNonNull(destination, "destination");
        Objects.requireNonNull(result, "result");
        return new Lease(destination, result, notNegative("waited", waited), Optional.empty());
    }

    private static Duration notNegative(String name, Duration value) {
        Objects.requireNonNull(value, name);
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " must not be negative, was " + value);
        }
        return value;
    }

    /** Where it leads. */
    public Destination destination() {
        return destination;
    }

    /** What became of the question. */
    public Result result() {
        return result;
    }

    /** From the question to the result, with {@link #opening}. */
    public Duration waited() {
        return waited;
    }

    /** How long it took to open a connection for it, with EHLO, TLS and login, also in vain; empty if none had to be. */
    public Optional<Duration> opening() {
        return opening;
    }

    /** This with a connection that had to be opened, in a time that is not negative. */
    public Lease opening(Duration value) {
        return new Lease(destination, result, waited, Optional.of(notNegative("opening", value)));
    }

    /** As in {@code mail.test:25 GRANTED after PT0.001S}. */
    @Override
    public String toString() {
        return destination + " " + result + " after " + waited;
    }
}
