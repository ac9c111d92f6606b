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
    private final BooleanSupplier inTransaction;
    private final Runnable endWaits;
    private final Runnable abort;
    private final LongSupplier nanoTime;
    private volatile boolean readsClient;
    private volatile boolean hurried;
    private volatile long asked = NEVER;

    /**
     * @param endWaits ends waits for the destination and for throttles
     * @param abort closes both connections
     */
    Departure(Wire client, BooleanSupplier inTransaction, Runnable endWaits, Runnable abort, LongSupplier nanoTime) {
        this.client = client;
        this.inTransaction = inTransaction;
        this.endWaits = endWaits;
        this.abort = abort;
        this.nanoTime = nanoTime;
    }

    /** A wait for the client. */
    public interface Wait<T> {
        T run() throws IOException;
    }

    /** Waits for the client; a drain may end the wait. */
    public <T> T awaitClient(Wait<T> wait) throws IOException {
        readsClient = true;
        try {
            return wait.run();
        } finally {
            readsClient = false;
        }
    }

    /** Whether a drain ended what the session waited for. */
    boolean isHurried() {
        return hurried;
    }

    /** Asks the session to end; called again and again. Any thread. */
    void ask() {
        long now = nanoTime.getAsLong();
        if (inTransaction.getAsBoolean()) {
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
