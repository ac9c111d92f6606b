package io.github.smtpproxy.route;

import java.util.Objects;

/** How a proxy stands with one destination at a moment. Immutable. */
public final class DestinationStatus {

    private final Destination destination;
    private final int connections;
    private final boolean reachable;

    private DestinationStatus(Destination destination, int connections, boolean reachable) {
        this.destination = destination;
        this.connections = connections;
        this.reachable = reachable;
    }

    /**
     * The status of a destination.
     *
     * @param connections see {@link #connections}; not negative
     * @param reachable see {@link #isReachable}
     */
    public static DestinationStatus of(Destination destination, int connections, boolean reachable) {
        Objects.requireNonNull(destination, "destination");
        if (connections < 0) {
            throw new IllegalArgumentException("connections must not be negative, was " + connections);
        }
        return new DestinationStatus(destination, connections, reachable);
    }

    /** The destination. */
    public Destination destination() {
        return destination;
    }

    /** How many connections of sessions are open to it. */
    public int connections() {
        return connections;
    }

    /** False if the last attempt to connect to it failed, or was not greeted with 2xx. */
    public boolean isReachable() {
        return reachable;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DestinationStatus status
                && destination.equals(status.destination)
                && connections == status.connections
                && reachable == status.reachable;
    }

    @Override
    public int hashCode() {
        return Objects.hash(destination, connections, reachable);
    }

    /** Such as {@code mail.test:25 connections=3 reachable=true}. */
    @Override
    public String toString() {
        return destination + " connections=" + connections + " reachable=" + reachable;
    }
}
