package io.github.smtpproxy.route;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/**
 * Servers that stand for each other. When a connection is opened they are tried in order, until one is reached and greets
 * with 2xx; where none does, the client gets the reply of the last. A session or transaction that has begun on one of them
 * stays on it: a connection that is lost later is not opened again on another. Immutable; two are equal if their servers
 * are, in order.
 */
public final class DestinationGroup implements Target {

    private final List<Destination> destinations;

    private DestinationGroup(List<Destination> destinations) {
        this.destinations = destinations;
    }

    /**
     * A group of these, tried in this order.
     *
     * @throws IllegalArgumentException if there are none, or one is there twice
     */
    public static DestinationGroup of(Destination... destinations) {
        Objects.requireNonNull(destinations, "destinations");
        return of(Arrays.asList(destinations));
    }

    /** As {@link #of(Destination...)}. */
    public static DestinationGroup of(List<Destination> destinations) {
        Objects.requireNonNull(destinations, "destinations");
        destinations.forEach(d -> Objects.requireNonNull(d, "destination"));
        List<Destination> copy = List.copyOf(destinations);
        if (copy.isEmpty()) {
            throw new IllegalArgumentException("group must have at least one destination, had none");
        }
        if (new HashSet<>(copy).size() < copy.size()) {
            throw new IllegalArgumentException("group must have each destination once, was " + copy);
        }
        return new DestinationGroup(copy);
    }

    @Override
    public List<Destination> destinations() {
        return destinations;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DestinationGroup group && destinations.equals(group.destinations);
    }

    @Override
    public int hashCode() {
        return destinations.hashCode();
    }

    /** The servers, such as {@code [mx1.test:25, mx2.test:25]}. */
    @Override
    public String toString() {
        return destinations.toString();
    }
}
