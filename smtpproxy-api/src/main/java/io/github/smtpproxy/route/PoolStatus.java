package io.github.smtpproxy.route;

import java.util.Objects;

/** How the connections to one server are used that transactions share, at a moment. Immutable. */
public final class PoolStatus {

    private final String server;
    private final int max;
    private final int active;
    private final int idle;
    private final int waiting;

    private PoolStatus(String server, int max, int active, int idle, int waiting) {
        this.server = server;
        this.max = max;
        this.active = active;
        this.idle = idle;
        this.waiting = waiting;
    }

    /**
     * The status of a pool that nobody uses.
     *
     * @param server see {@link #server}
     * @param max see {@link #max}; 1 and up
     */
    public static PoolStatus of(String server, int max) {
        Objects.requireNonNull(server, "server");
        if (max < 1) {
            throw new IllegalArgumentException("max must be at least 1, was " + max);
        }
        return new PoolStatus(server, max, 0, 0, 0);
    }

    /**
     * This with other counts, none of them negative.
     *
     * @param lent see {@link #active}
     * @param unused see {@link #idle}
     * @param pending see {@link #waiting}
     */
    public PoolStatus counts(int lent, int unused, int pending) {
        if (lent < 0 || unused < 0 || pending < 0) {
            throw new IllegalArgumentException(
                    "counts must not be negative, were " + lent + ", " + unused + " and " + pending);
        }
        return new PoolStatus(server, max, lent, unused, pending);
    }

    /** The server, as {@code host:port}; destinations that differ in other settings share its connections' number. */
    public String server() {
        return server;
    }

    /** The most connections that there may be. */
    public int max() {
        return max;
    }

    /** How many are lent to transactions, or are being opened for them. */
    public int active() {
        return active;
    }

    /** How many are open and used by nobody. */
    public int idle() {
        return idle;
    }

    /** How many transactions wait for one. */
    public int waiting() {
        return waiting;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PoolStatus status
                && server.equals(status.server)
                && max == status.max
                && active == status.active
                && idle == status.idle
                && waiting == status.waiting;
    }

    @Override
    public int hashCode() {
        return Objects.hash(server, max, active, idle, waiting);
    }

    /** Such as {@code mail.test:25 max=20 active=3 idle=2 waiting=0}. */
    @Override
    public String toString() {
        return server + " max=" + max + " active=" + active + " idle=" + idle + " waiting=" + waiting;
    }
}
