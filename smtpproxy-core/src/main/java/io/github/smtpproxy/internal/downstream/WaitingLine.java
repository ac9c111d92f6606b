package io.github.smtpproxy.internal.downstream;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who waits for a connection: clients in turn, and those of one client in their order, so that a client with many sessions
 * does not own the line. Used with a lock.
 *
 * @param <W> those who wait
 */
final class WaitingLine<W> {

    private final Map<Object, Deque<W>> clients = new LinkedHashMap<>();
    private int size;

    void add(Object client, W waiter) {
        clients.computeIfAbsent(client, c -> new ArrayDeque<>()).addLast(waiter);
        size++;
    }

    /** Takes out the next one. */
    Optional<W> next() {
        Iterator<Map.Entry<Object, Deque<W>>> all = clients.entrySet().iterator();
        if (!all.hasNext()) {
            return Optional.empty();
        }
        Map.Entry<Object, Deque<W>> first = all.next();
        Object client = first.getKey();
        Deque<W> waiting = first.getValue();
        all.remove();
        W next = waiting.removeFirst();
        if (!waiting.isEmpty()) {
            clients.put(client, waiting);
        }
        size--;
        return Optional.of(next);
    }

    /** Takes out the last one of the client that has most; of several such, of the one whose turn is last. */
    W removeLastOfMost() {
        Object most = null;
        for (Map.Entry<Object, Deque<W>> client : clients.entrySet()) {
            if (most == null || client.getValue().size() >= clients.get(most).size()) {
                most = client.getKey();
            }
        }
        W last = clients.get(most).getLast();
        remove(most, last);
        return last;
    }

    void remove(Object client, W waiter) {
        Deque<W> waiting = clients.get(client);
        if (waiting != null && waiting.remove(waiter)) {
            size--;
            if (waiting.isEmpty()) {
                clients.remove(client);
            }
        }
    }

    int size() {
        return size;
    }
}
