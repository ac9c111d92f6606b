package io.github.smtpproxy.route;

import java.util.Objects;

/** How a proxy stands with one destination at a moment. Immutable: each setting makes another status. */
public final class DestinationStatus {

    /** Whether a destination is used. */
    public enum State {
        /** It is used. */
        UP,
        /** It failed and is back: it gets a growing share of its load, for 30 seconds. */
        RETURNING,
        /**
         * It failed five times in a row and is left out: for 30 seconds, and for 30 seconds more each time, 5 minutes at most.
         * Then one session tries it.
         */
        EJECTED,
        /** It gets no new sessions and transactions, until it is resumed. */
        DRAINED
    }

    private final Destination destination;
    private final int connections;
    private final boolean reachable;
    private final State state;
    private final long greeted;
    private final long failed;

    private DestinationStatus(
            Destination destination, int connections, boolean reachable, State state, long greeted, long failed) {
        this.destination = destination;
        this.connections = connections;
        this.reachable = reachable;
        this.state = state;
        this.greeted = greeted;
        this.failed = failed;
    }

    /**
     * The status of a destination that is up, and has not been tried yet.
     *
     * @param connections see {@link #connections}; not negative
     * @param reachable see {@link #isReachable}
     */
    public static DestinationStatus of(Destination destination, int connections, boolean reachable) {
        Objects.requireNonNull(destination, "destination");
        if (connections < 0) {
            throw new IllegalArgumentException("connections must not be negative, was " + connections);
        }
        return new DestinationStatus(destination, connections, reachable, State.UP, 0, 0);
    }

    /** This in another state. */
    public DestinationStatus state(State other) {
        Objects.requireNonNull(other, "state");
        return new DestinationStatus(destination, connections, reachable, other, greeted, failed);
    }

    /**
     * This with other counts.
     *
     * @param connectionsGreeted see {@link #greeted}; not negative
     * @param attemptsFailed see {@link #failed}; not negative
     */
    public DestinationStatus counts(long connectionsGreeted, long attemptsFailed) {
        if (connectionsGreeted < 0 || attemptsFailed < 0) {
            throw new IllegalArgumentException(
                    "counts must not be negative, were " + connectionsGreeted + " and " + attemptsFailed);
        }
        return new DestinationStatus(destination, connections, reachable, state, connectionsGreeted, attemptsFailed);
    }

    /** The destination. */
    public Destination destination() {
        return destination;
    }

    /** How many connections are open to it. */
    public int connections() {
        return connections;
    }

    /** False if the last attempt to connect to it failed, or was not greeted with 2xx. */
    public boolean isReachable() {
        return reachable;
    }

    /** Whether it is used. */
    public State state() {
        return state;
    }

    /** How many connections it has greeted with 2xx so far. */
    public long greeted() {
        return greeted;
    }

    /** How many attempts to reach it failed so far, and connections that were lost. */
    public long failed() {
        return failed;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DestinationStatus status
                && destination.equals(status.destination)
                && connections == status.connections
                && reachable == status.reachable
                && state == status.state
                && greeted == status.greeted
                && failed == status.failed;
    }

    @Override
    public int hashCode() {
        return Objects.hash(destination, connections, reachable, state, greeted, failed);
    }

    /** Such as {@code mail.test:25 state=UP connections=3 reachable=true greeted=12 failed=0}. */
    @Override
    public String toString() {
        return destination + " state=" + state + " connections=" + connections + " reachable=" + reachable + " greeted="
                + greeted + " failed=" + failed;
    }
}
