package io.github.smtpproxy.config;

import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * What changes where sessions run short, at each endpoint for itself: from a share of {@code maxConnections} on, clients
 * have less time and fewer errors, and where all places are taken, a session that is idle gives its place to the next client.
 * It is over below three quarters of that share. Immutable: each setting makes another one.
 *
 * <p>The session that goes gets {@code 421 4.7.0}. It waits for its client, and is not within a message: of those
 * without a transaction the one that has waited longest; if there is none, of the others the one with the lowest score,
 * and of several such ones the one that has waited longest. Where no session waits, the new client is turned away as
 * usual.
 */
public final class Stress {

    private static final Duration LONGEST = Duration.ofDays(1);
    private static final int MOST_ERRORS = 1_000_000;

    private final int percent;
    private final Duration clientCommand;
    private final int maxErrors;
    private final ToDoubleFunction<Session> score;

    private Stress(int percent, Duration clientCommand, int maxErrors, ToDoubleFunction<Session> score) {
        this.percent = percent;
        this.clientCommand = clientCommand;
        this.maxErrors = maxErrors;
        this.score = score;
    }

    /** From 90 % of {@code maxConnections} on, with Postfix's numbers, and nobody known as better than others. */
    public static Stress defaults() {
        return new Stress(90, Duration.ofSeconds(10), 1, session -> 0);
    }

    /**
     * This from another share of {@code maxConnections} on.
     *
     * @param value 1 to 100
     */
    public Stress from(int value) {
        if (value < 1 || value > 100) {
            throw new IllegalArgumentException("from must be between 1 and 100, was " + value);
        }
        return new Stress(value, clientCommand, maxErrors, score);
    }

    /**
     * This with another time that a client has for its next command: 10 seconds by default, a day at most. It shortens the
     * usual one, from the next command on.
     */
    public Stress clientCommand(Duration value) {
        TimeLimit.check("clientCommand", value, LONGEST);
        return new Stress(percent, value, maxErrors, score);
    }

    /**
     * This with another number of errors that are allowed. It lowers the usual one.
     *
     * @param value 1 to 1,000,000; 1 by default
     */
    public Stress maxErrors(int value) {
        if (value < 1 || value > MOST_ERRORS) {
            throw new IllegalArgumentException("maxErrors must be between 1 and " + MOST_ERRORS + ", was " + value);
        }
        return new Stress(percent, clientCommand, value, score);
    }

    /**
     * This with scores, such as {@code reputation::of}: the lowest goes first.
     *
     * @param value asked at each MAIL, on the session's thread, for all sessions at once; 0 counts where it fails
     */
    public Stress score(ToDoubleFunction<Session> value) {
        Objects.requireNonNull(value, "score");
        return new Stress(percent, clientCommand, maxErrors, value);
    }

    /** From which share of {@code maxConnections} on, in percent. */
    public int from() {
        return percent;
    }

    /** How long a client then has for its next command. */
    public Duration clientCommand() {
        return clientCommand;
    }

    /** How many errors are then allowed. */
    public int maxErrors() {
        return maxErrors;
    }

    /** The scores of sessions. */
    public ToDoubleFunction<Session> score() {
        return score;
    }
}
