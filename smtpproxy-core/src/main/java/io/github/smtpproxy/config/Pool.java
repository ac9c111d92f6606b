package io.github.smtpproxy.config;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How connections to destinations are shared (multiplexing): a transaction leases one, and gives it back when it ends.
 * Immutable: each setting makes another pool.
 *
 * <p>A connection is lent only to transactions for which it would have been opened in the same way: the same server, TLS,
 * login and name in EHLO, and with {@code ClientAnnouncement.XCLIENT} the same client, unless the server takes another one on the
 * same connection. One that is announced by a PROXY header is used once. Since it belongs to no client, the name in EHLO is the proxy's own where {@code HelloName.client()} is set.
 */
public final class Pool implements Cloneable {

    private static final int MOST = 10_000;
    private static final int MOST_WAITING = 1_000_000;
    private static final Duration LONGEST = Duration.ofDays(1);

    // changed in a fresh copy only, before anybody else sees it
    private int max;
    private int maxWaiting = 10_000;
    private int transactions = 1_024;
    private Duration idle = Duration.ofSeconds(60);
    private Duration lifetime = Duration.ofMinutes(10);
    private Duration waiting = Duration.ofSeconds(30);

    private Pool() {}

    private Pool with(Consumer<Pool> change) {
        try {
            Pool copy = (Pool) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * A pool with at most so many connections to one server, which is a host and a port.
     *
     * @param connections 1 to 10,000
     */
    public static Pool max(int connections) {
        return new Pool().with(p -> p.max = check("max", connections, MOST));
    }

    /** This with another time after which a connection that nobody uses is closed: 60 seconds by default, a day at most. */
    public Pool idle(Duration value) {
        return with(p -> p.idle = TimeLimit.check("idle", value, LONGEST));
    }

    /** This with another time after which a connection is used no more: 10 minutes by default, a day at most. */
    public Pool lifetime(Duration value) {
        return with(p -> p.lifetime = TimeLimit.check("lifetime", value, LONGEST));
    }

    /**
     * This with another number of transactions after which a connection is used no more. A server that announces a lower one
     * (LIMITS MAILMAX, RFC 9422) is obeyed.
     *
     * @param count 1 and up; 1,024 by default
     */
    public Pool transactions(int count) {
        return with(p -> p.transactions = check("transactions", count, Integer.MAX_VALUE));
    }

    /**
     * This with another time that a transaction waits for a connection: 30 seconds by default, a day at most. Then it gets
     * {@code 451 4.3.2}.
     */
    public Pool waiting(Duration value) {
        return with(p -> p.waiting = TimeLimit.check("waiting", value, LONGEST));
    }

    /**
     * This with another number of transactions that may wait for one server; a further one gets {@code 451 4.3.2} at once.
     *
     * @param count 1 to 1,000,000; 10,000 by default
     */
    public Pool maxWaiting(int count) {
        return with(p -> p.maxWaiting = check("maxWaiting", count, MOST_WAITING));
    }

    private static int check(String setting, int value, int most) {
        Objects.requireNonNull(setting, "setting");
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(setting + " must be between 1 and " + most + ", was " + value);
        }
        return value;
    }

    /** The most connections to one server. */
    public int max() {
        return max;
    }

    /** After which time a connection that nobody uses is closed. */
    public Duration idle() {
        return idle;
    }

    /** After which time a connection is used no more. */
    public Duration lifetime() {
        return lifetime;
    }

    /** After how many transactions a connection is used no more. */
    public int transactions() {
        return transactions;
    }

    /** How long a transaction waits for a connection. */
    public Duration waiting() {
        return waiting;
    }

    /** How many transactions may wait for one server. */
    public int maxWaiting() {
        return maxWaiting;
    }
}
