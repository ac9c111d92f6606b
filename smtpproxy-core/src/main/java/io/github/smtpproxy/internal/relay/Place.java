package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.internal.wire.Wire;
import java.io.IOException;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The place of a session among those that its endpoint has, which another client may get while the session waits for its
 * client or is delayed: not while it works, and not within a message. Who takes it and the session's thread agree on it by one
 * compare-and-set each, so a command that has been read is either carried out or never.
 *
 * <p>Used by the session's thread, except {@link #take} and what it is chosen by.
 */
public final class Place {

    /** Who goes first. */
    public static final Comparator<Place> FIRST_TO_GO = Comparator.comparing(Place::isInTransaction)
            .thenComparingDouble(place -> place.isInTransaction() ? place.score : 0)
            .thenComparing((one, other) -> Long.signum(one.since - other.since));

    private enum State {
        /** The session works, or is within a message. */
        KEPT,
        WAITING,
        /** A throttle delays the session. */
        DELAYED,
        TAKEN
    }

    private final Wire client;
    private final BooleanSupplier kept;
    private final BooleanSupplier within;
    private final Runnable endDelay;
    private final LongSupplier nanoTime;
    private final AtomicReference<State> state = new AtomicReference<>(State.KEPT);
    private volatile long since;
    private volatile boolean inTransaction;
    private volatile double score;

    /** A wait for the client. */
    public interface Wait<T> {
        T run() throws IOException;
    }

    /**
     * @param kept whether it cannot be taken where the session waits now
     * @param within whether the session is in a transaction
     * @param endDelay ends a delay, and all that would follow
     */
    Place(Wire client, BooleanSupplier kept, BooleanSupplier within, Runnable endDelay, LongSupplier nanoTime) {
        this.client = client;
        this.kept = kept;
        this.within = within;
        this.endDelay = endDelay;
        this.nanoTime = nanoTime;
    }

    /** What the host thinks of the client. */
    void score(double value) {
        score = value;
    }

    /**
     * Waits for the client.
     *
     * @throws DeadlineExceededException if the place was taken
     */
    <T> T lend(Wait<T> wait) throws IOException {
        if (kept.getAsBoolean()) {
            return wait.run();
        }
        noteWait();
        move(State.KEPT, State.WAITING);
        try {
            return wait.run();
        } finally {
            move(State.WAITING, State.KEPT);
        }
    }

    /** Waits for a throttle, not at all where the place is taken. What was delayed goes on; the session ends behind it. */
    void lendDelayed(Runnable delay) {
        if (kept.getAsBoolean()) {
            delay.run();
            return;
        }
        noteWait();
        if (state.compareAndSet(State.KEPT, State.DELAYED)) {
            delay.run();
            state.compareAndSet(State.DELAYED, State.KEPT);
        }
    }

    private void noteWait() {
        since = nanoTime.getAsLong();
        inTransaction = within.getAsBoolean();
    }

    private void move(State from, State to) throws DeadlineExceededException {
        if (!state.compareAndSet(from, to)) {
            throw new DeadlineExceededException("another client got the place");
        }
    }

    /** Whether another client has it: the session ends. */
    public boolean isTaken() {
        return state.get() == State.TAKEN;
    }

    /** Whether it may be taken now. Any thread. */
    public boolean isWaiting() {
        State now = state.get();
        return now == State.WAITING || now == State.DELAYED;
    }

    private boolean isInTransaction() {
        return inTransaction;
    }

    /**
     * Takes it, if the session waits: that ends.
     *
     * @return whether it was taken by this call; any thread
     */
    public boolean take() {
        if (state.compareAndSet(State.WAITING, State.TAKEN)) {
            client.expire();
            return true;
        }
        boolean taken = state.compareAndSet(State.DELAYED, State.TAKEN);
        if (taken) {
            endDelay.run();
        }
        return taken;
    }
}
