package io.github.smtpproxy.route;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Servers that stand for each other. When a connection is opened, the {@linkplain #balancer balancer} chooses one; where that
 * one cannot be reached, greets with 4xx, refuses EHLO for the time being or cannot do the TLS that is required, another is
 * chosen. A 5xx is an answer, which the client gets. {@linkplain #spare Spares} are used while none of the others is.
 *
 * <p>A server that fails five times in a row is left out for a while, see {@link DestinationStatus}; where all are left out,
 * all are tried. A session or transaction that has begun on one of them stays on it: a connection that is lost later is not
 * opened again on another.
 *
 * <p>Immutable: each setting makes another group. Two are equal if all their settings are.
 */
public final class DestinationGroup implements Target {

    private static final int MAX_WEIGHT = 1_000;
    private static final Balancer IN_ORDER = Balancer.inOrder();

    private final List<Destination> destinations;
    private final Map<Destination, Integer> weights;
    private final Set<Destination> spares;
    private final Balancer balancer;

    private DestinationGroup(
            List<Destination> destinations,
            Map<Destination, Integer> weights,
            Set<Destination> spares,
            Balancer balancer) {
        this.destinations = destinations;
        this.weights = weights;
        this.spares = spares;
        this.balancer = balancer;
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

    /**
     * A group of one, which gets this much of the load beside those that are added.
     *
     * @param weight 1 to 1,000
     */
    public static DestinationGroup of(Destination destination, int weight) {
        Objects.requireNonNull(destination, "destination");
        return new DestinationGroup(List.of(destination), Map.of(destination, checkWeight(weight)), Set.of(), IN_ORDER);
    }

    /** As {@link #of(Destination...)}. */
    public static DestinationGroup of(List<Destination> destinations) {
        Objects.requireNonNull(destinations, "destinations");
        destinations.forEach(d -> Objects.requireNonNull(d, "destination"));
        if (destinations.isEmpty()) {
            throw new IllegalArgumentException("group must have at least one destination, had none");
        }
        return new DestinationGroup(eachOnce(destinations), Map.of(), Set.of(), IN_ORDER);
    }

    private static List<Destination> eachOnce(List<Destination> destinations) {
        List<Destination> copy = List.copyOf(destinations);
        if (new HashSet<>(copy).size() < copy.size()) {
            throw new IllegalArgumentException("group must have each destination once, was " + copy);
        }
        return copy;
    }

    /**
     * This with one more server, which gets this much of the load beside the others.
     *
     * @param weight 1 to 1,000; 1 for those that are added without
     */
    public DestinationGroup and(Destination destination, int weight) {
        Map<Destination, Integer> changed = new HashMap<>(weights);
        changed.put(destination, checkWeight(weight));
        return new DestinationGroup(more(destination), Map.copyOf(changed), spares, balancer);
    }

    /** This with one more server, which is used only while none of the others is. */
    public DestinationGroup spare(Destination destination) {
        Set<Destination> changed = new HashSet<>(spares);
        changed.add(destination);
        return new DestinationGroup(more(destination), weights, Set.copyOf(changed), balancer);
    }

    private static int checkWeight(int weight) {
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException("weight must be between 1 and 1000, was " + weight);
        }
        return weight;
    }

    private List<Destination> more(Destination destination) {
        Objects.requireNonNull(destination, "destination");
        List<Destination> all = new ArrayList<>(destinations);
        all.add(destination);
        return eachOnce(all);
    }

    /** This with another balancer; {@link Balancer#inOrder} by default. */
    public DestinationGroup balancer(Balancer by) {
        Objects.requireNonNull(by, "balancer");
        return new DestinationGroup(destinations, weights, spares, by);
    }

    /** All servers, the spares too, in the order in which they were given. */
    @Override
    public List<Destination> destinations() {
        return destinations;
    }

    /** What chooses among them. */
    public Balancer balancer() {
        return balancer;
    }

    /** The weight of a server of this group. */
    public int weight(Destination destination) {
        Objects.requireNonNull(destination, "destination");
        return weights.getOrDefault(destination, 1);
    }

    /** Whether a server of this group is a spare. */
    public boolean isSpare(Destination destination) {
        Objects.requireNonNull(destination, "destination");
        return spares.contains(destination);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DestinationGroup group
                && destinations.equals(group.destinations)
                && weights.equals(group.weights)
                && spares.equals(group.spares)
                && balancer.equals(group.balancer);
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
