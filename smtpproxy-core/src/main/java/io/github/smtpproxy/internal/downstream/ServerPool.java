package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.route.PoolStatus;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The connections to one server: those that nobody uses, and who waits for one. A place is the right to hold a connection;
 * there are as many as the pool allows. Whoever has a place has a connection with it, or may open one. Any thread; nothing
 * waits for the network with the lock.
 */
final class ServerPool {

    private final Pool settings;
    private final Supplier<Object> carrier;
    private final ReentrantLock lock = new ReentrantLock();
    // with the lock
    private final Map<PoolKey, Deque<PooledConnection>> idle = new HashMap<>();
    private final WaitingLine<Waiter> line = new WaitingLine<>();
    private int places;
    private boolean closed;

    /**
     * A place.
     *
     * @param connection one to use; empty where one is to be opened
     * @param evicted one that is to be closed before
     */
    record Place(Optional<PooledConnection> connection, Optional<PooledConnection> evicted) {

        private static final Place EMPTY = new Place(Optional.empty(), Optional.empty());

        private static Place of(PooledConnection connection) {
            return new Place(Optional.of(connection), Optional.empty());
        }

        private static Place insteadOf(PooledConnection evicted) {
            return new Place(Optional.empty(), Optional.of(evicted));
        }
    }

    /** One that waits. Any thread may end the wait. */
    final class Waiter {
        private final PoolKey key;
        private final Object client;
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile Optional<Place> granted = Optional.empty();

        Waiter(PoolKey key, Object client) {
            this.key = key;
            this.client = client;
        }

        private boolean hasEnded() {
            return ended.getCount() == 0;
        }

        private void grant(Place place) {
            granted = Optional.of(place);
            ended.countDown();
        }

        /** Ends the wait, without a place unless there is one by now. */
        void cancel() {
            leaveLine(this);
            ended.countDown();
        }

        private void await(Duration limit) {
            UninterruptedWait.await(ended, limit.toNanos());
        }
    }

    /** @param carrier what carries the calling thread */
    ServerPool(Pool settings, Supplier<Object> carrier) {
        this.settings = settings;
        this.carrier = carrier;
    }

    /**
     * Waits for a place.
     *
     * @param client whose turn it is
     * @param waiting is given the wait, so that it can be ended
     * @return empty where the line is too long, the time has passed, or the wait was ended
     */
    Optional<Place> acquire(PoolKey key, Object client, Consumer<Waiter> waiting) {
        Waiter waiter = new Waiter(key, client);
        lock.lock();
        try {
            Optional<Place> now = closed || line.size() > 0 ? Optional.empty() : take(key);
            if (now.isPresent() || closed) {
                return now;
            }
            line.add(client, waiter);
            if (line.size() > settings.maxWaiting()) {
                // of the client with most, which does not keep out the others
                line.removeLastOfMost().ended.countDown();
            }
            if (waiter.hasEnded()) {
                return Optional.empty();
            }
        } finally {
            lock.unlock();
        }
        waiting.accept(waiter);
        waiter.await(settings.waiting());
        return leaveLine(waiter);
    }

    private Optional<Place> leaveLine(Waiter waiter) {
        lock.lock();
        try {
            line.remove(waiter.client, waiter);
            return waiter.granted;
        } finally {
            lock.unlock();
        }
    }

    /** One of this kind, a free place, or that of another kind which was used longest ago. */
    private Optional<Place> take(PoolKey key) {
        for (PoolKey fit : key.fits()) {
            Deque<PooledConnection> same = idle.get(fit);
            if (same != null) {
                PooledConnection taken = nearest(same, key);
                same.removeLastOccurrence(taken);
                forgetIfEmpty(fit, same);
                return Optional.of(Place.of(taken));
            }
        }
        return takeEmpty(true);
    }

    private Optional<Place> takeEmpty(boolean mayEvict) {
        if (places < settings.max()) {
            places++;
            return Optional.of(Place.EMPTY);
        }
        return mayEvict ? evict().map(Place::insteadOf) : Optional.empty();
    }

    /** A place for a connection that is opened, without a wait; empty where there is none. */
    Optional<Place> tryEmpty(boolean mayEvict) {
        lock.lock();
        try {
            return closed || line.size() > 0 ? Optional.empty() : takeEmpty(mayEvict);
        } finally {
            lock.unlock();
        }
    }

    /** The one that was used last: of those that name its client, that the thread's own carrier waits on, or both, if any do. */
    private PooledConnection nearest(Deque<PooledConnection> same, PoolKey key) {
        Object mine = carrier.get();
        PooledConnection best = same.getLast();
        int most = 0;
        Iterator<PooledConnection> latest = same.descendingIterator();
        while (latest.hasNext() && most < 3) {
            PooledConnection connection = latest.next();
            int merits = (connection.names(key.client()) ? 2 : 0) + (connection.isCarriedBy(mine) ? 1 : 0);
            if (merits > most) {
                most = merits;
                best = connection;
            }
        }
        return best;
    }

    private Optional<PooledConnection> evict() {
        Optional<PooledConnection> oldest =
                idle.values().stream().map(Deque::getFirst).max(Comparator.comparingLong(c -> c.idleFor(0)));
        oldest.ifPresent(this::removeIdle);
        return oldest;
    }

    private void removeIdle(PooledConnection connection) {
        Deque<PooledConnection> same = idle.get(connection.key());
        same.remove(connection);
        forgetIfEmpty(connection.key(), same);
    }

    private void forgetIfEmpty(PoolKey key, Deque<PooledConnection> same) {
        if (same.isEmpty()) {
            idle.remove(key);
        }
    }

    /**
     * Gives a place back with a connection that is fit for use: to who waits, or to nobody for now.
     *
     * @return whether it is to be closed: the pool is
     */
    boolean release(PooledConnection connection) {
        lock.lock();
        try {
            if (closed) {
                return true;
            }
            line.next()
                    .ifPresentOrElse(
                            waiter -> waiter.grant(
                                    waiter.key.fits().contains(connection.key())
                                            ? Place.of(connection)
                                            : Place.insteadOf(connection)),
                            () -> rest(connection));
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void rest(PooledConnection connection) {
        connection.rest();
        idle.computeIfAbsent(connection.key(), k -> new ArrayDeque<>()).addLast(connection);
    }

    /** Gives a place back without a connection. */
    void release() {
        lock.lock();
        try {
            line.next().ifPresentOrElse(waiter -> waiter.grant(Place.EMPTY), () -> places--);
        } finally {
            lock.unlock();
        }
    }

    /** Takes out those that nobody uses and that fit; their places are to be given back. */
    List<PooledConnection> takeIdle(Predicate<PooledConnection> fits) {
        lock.lock();
        try {
            List<PooledConnection> taken = new ArrayList<>();
            idle.values().forEach(same -> same.stream().filter(fits).forEach(taken::add));
            taken.forEach(this::removeIdle);
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Closes it, if nobody has a connection, or waits for one. */
    boolean closeIfUnused() {
        lock.lock();
        try {
            closed |= places == 0 && line.size() == 0;
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** @param server its name */
    PoolStatus status(String server) {
        lock.lock();
        try {
            int unused = idle.values().stream().mapToInt(Deque::size).sum();
            return PoolStatus.of(server, settings.max()).counts(places - unused, unused, line.size());
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Ends all waits; nothing is lent any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            for (Optional<Waiter> next = line.next(); next.isPresent(); next = line.next()) {
                next.get().ended.countDown();
            }
        } finally {
            lock.unlock();
        }
    }
}
