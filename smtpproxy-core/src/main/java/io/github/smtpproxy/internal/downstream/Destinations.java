package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** How the proxy stands with each destination that its sessions have connected to, or may connect to. Any thread. */
public final class Destinations {

    /** With so many, those without a connection are forgotten: a router may name destinations without end. */
    static final int MAX_UNUSED = 1_000;

    private final Map<Destination, DestinationState> states = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;
    private final Consumer<DestinationStatus> changed;
    private final OwnAddresses ourselves = new OwnAddresses();

    /** @param changed is called when a destination goes into another state */
    public Destinations(Consumer<DestinationStatus> changed) {
        this(System::nanoTime, changed);
    }

    Destinations(LongSupplier nanoTime, Consumer<DestinationStatus> changed) {
        this.nanoTime = nanoTime;
        this.changed = changed;
    }

    /** No destination is where the proxy listens. */
    public void listensAt(List<InetSocketAddress> addresses) {
        ourselves.are(addresses);
    }

    /** Lists a destination before there is a connection to it. */
    public void add(Destination destination) {
        state(destination);
    }

    /** The destinations, in no order. */
    public List<DestinationStatus> all() {
        return states.values().stream().map(DestinationState::status).toList();
    }

    /** Gives it no new sessions and transactions, or does so again. */
    public void drain(Destination destination, boolean drained) {
        state(destination).drained(drained);
    }

    /** How often the server, whatever the settings, has done what it is for. */
    long answeredAt(Destination server) {
        return states.entrySet().stream()
                .filter(state -> state.getKey().toString().equals(server.toString()))
                .mapToLong(state -> state.getValue().answered())
                .sum();
    }

    DestinationState state(Destination destination) {
        if (states.size() >= MAX_UNUSED && !states.containsKey(destination)) {
            states.values().removeIf(DestinationState::isUnused);
        }
        return states.computeIfAbsent(destination, d -> new DestinationState(d, nanoTime, changed, ourselves));
    }
}
