package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How a session without a transaction ends when the proxy drains: one that waits for its client, at once; one that waits
 * for its destination or a throttle's delay, after half a second; one that waits for code of others, or for a client that
 * does not read, after five.
 */
public final class Departure {

    /** A reply that is about to come gets this time. */
    private static final long FOR_A_REPLY = Duration.ofMillis(500).toNanos();

    private static final long FOR_ANYTHING = Duration.ofSeconds(5).toNanos();
    private static final long NEVER = 0;

    private final Wire client;
    private final Place place;
    private final BooleanSupplier inTransaction;
    private final Runnable endWaits;
    private final Runnable abort;
    private final LongSupplier nanoTime;
    private volatile boolean readsClient;
    private volatile boolean hurried;
    private volatile boolean opaque;
    private volatile long asked = NEVER;

    /**
     * @param endWaits ends waits for the destination and for throttles
     * @param abort closes both connections
     */
    Departure(
            Wire client,
            Place place,
            BooleanSupplier inTransaction,
            Runnable endWaits,
            Runnable abort,
            LongSupplier nanoTime) {
        this.client = client;
        this.place = place;
        this.inTransaction = inTransaction;
        this.endWaits = endWaits;
        this.abort = abort;
        this.nanoTime = nanoTime;
    }

    Place place() {
        return place;
    }

    /** Waits for the client; a drain may end the wait, and another client that gets the place. */
    public <T> T awaitClient(Place.Wait<T> wait) throws IOException {
        readsClient = true;
        try {
            return place.lend(wait);
        } finally {
            readsClient = false;
        }
    }

    /** From now on nobody knows whether the session is in a transaction: it has the time that one has. */
    void passesThrough() {
        opaque = true;
    }

    /** Whether a drain ended what the session waited for. */
    boolean isHurried() {
        return hurried;
    }

    /** Asks the session to end; called again and again. Any thread. */
    void ask() {
        long now = nanoTime.getAsLong();
        if (opaque || inTransaction.getAsBoolean()) {
            asked = NEVER;
        } else if (readsClient) {
            client.expire();
        } else if (asked == NEVER) {
            asked = now;
        } else if (now - asked > FOR_ANYTHING) {
            abort.run();
        } else if (now - asked > FOR_A_REPLY) {
            hurried = true;
            endWaits.run();
        }
    }
}
