package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.internal.relay.Relay;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** The ports of a proxy, one for each endpoint: opened, drained and closed together. Any thread. */
public final class Ports {

    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final List<SubEthaListener> listeners;

    private Ports(List<SubEthaListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    /**
     * Opens them in this order; where one cannot be opened, none stays open.
     *
     * @throws IllegalStateException if one cannot be opened
     */
    public static Ports open(List<Relay> relays) {
        List<SubEthaListener> opened = new ArrayList<>();
        try {
            for (Relay relay : relays) {
                SubEthaListener listener = new SubEthaListener(relay);
                listener.start();
                opened.add(listener);
            }
            return new Ports(opened);
        } catch (RuntimeException | Error e) {
            new Ports(opened).close();
            throw e;
        }
    }

    /** Where they listen, in the order of the endpoints. */
    public List<InetSocketAddress> addresses() {
        return listeners.stream().map(SubEthaListener::address).toList();
    }

    /** How many sessions run. */
    public int activeSessions() {
        return listeners.stream().mapToInt(SubEthaListener::activeSessions).sum();
    }

    /** Takes no more connections, ends sessions that are in no transaction, and waits for the others within the limit. */
    public void drain(Duration limit) {
        listeners.forEach(SubEthaListener::stopAccepting);
        long deadline = System.nanoTime() + limit.toNanos();
        do {
            listeners.forEach(SubEthaListener::interruptSessions);
            LockSupport.parkNanos(10_000_000);
        } while (listeners.stream().anyMatch(SubEthaListener::othersRun) && System.nanoTime() < deadline);
    }

    /** Breaks off what runs; waits a moment for sessions to report it to listeners and the log, for none that hangs. */
    public void close() {
        listeners.forEach(SubEthaListener::abortSessions);
        awaitOthers(System.nanoTime() + LAST_WORDS.toNanos());
        listeners.forEach(SubEthaListener::stop);
    }

    private void awaitOthers(long deadline) {
        while (listeners.stream().anyMatch(SubEthaListener::othersRun) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(10_000_000);
        }
    }
}
