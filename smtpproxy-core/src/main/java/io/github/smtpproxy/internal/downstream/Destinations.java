package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** How the proxy stands with each destination that its sessions have connected to, or may connect to. Any thread. */
public final class Destinations {

    /** With so many, those without a connection are forgotten: a router may name destinations without end. */
    static final int MAX_IDLE = 1_000;

    private final Map<Destination, State> states = new ConcurrentHashMap<>();

    /** What is known of one destination. Any thread. */
    static final class State {
        private final AtomicInteger connections = new AtomicInteger();
        private volatile boolean reachable = true;

        void opened() {
            connections.incrementAndGet();
        }

        void closed() {
            connections.decrementAndGet();
        }

        void reachable(boolean last) {
            reachable = last;
        }

        private DestinationStatus of(Destination destination) {
            return DestinationStatus.of(destination, connections.get(), reachable);
        }

        private boolean isIdle() {
            return connections.get() == 0;
        }
    }

    /** Lists a destination before there is a connection to it. */
    public void add(Destination destination) {
        state(destination);
    }

    /** The destinations, in no order. */
    public List<DestinationStatus> all() {
        return states.entrySet().stream().map(e -> e.getValue().of(e.getKey())).toList();
    }

    State state(Destination destination) {
        if (states.size() >= MAX_IDLE && !states.containsKey(destination)) {
            states.values().removeIf(State::isIdle);
        }
        return states.computeIfAbsent(destination, d -> new State());
    }
}
