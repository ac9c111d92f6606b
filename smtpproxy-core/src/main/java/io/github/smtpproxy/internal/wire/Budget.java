package io.github.smtpproxy.internal.wire;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The octets of memory that all sessions of a proxy may hold together for what clients sent. Whoever holds some has a
 * {@link Share} and gives it back, whatever happens. Any thread.
 */
public final class Budget {

    private final long most;
    private final AtomicLong held = new AtomicLong();

    public Budget(long most) {
        this.most = most;
    }

    /** One that never ends. */
    public static Budget unlimited() {
        return new Budget(Long.MAX_VALUE);
    }

    /** Octets that are held now. */
    public long held() {
        return held.get();
    }

    /** A share that holds nothing yet. */
    public Share share() {
        return new Share();
    }

    /** What one holder has of it. Used by one thread at a time. */
    public final class Share implements AutoCloseable {
        private long mine;

        /** Takes so many octets more; false, and nothing is taken, where they are not to be had. */
        public boolean take(long octets) {
            long now = held.get();
            while (octets <= most - now) {
                if (held.compareAndSet(now, now + octets)) {
                    mine += octets;
                    return true;
                }
                now = held.get();
            }
            return false;
        }

        /** Takes so many octets more, which are held already: others will have to do without them. */
        public void charge(long octets) {
            mine += octets;
            held.addAndGet(octets);
        }

        /** Gives so many octets of it back. */
        public void give(long octets) {
            mine -= octets;
            held.addAndGet(-octets);
        }

        /** Gives all of it back. */
        @Override
        public void close() {
            give(mine);
        }
    }
}
