package io.github.smtpproxy.internal.wire;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many octets of memory all sessions of a proxy together may use for what their peers sent. Each user has a
 * {@link Share}, which it closes whatever happens. Any thread.
 */
public final class Budget {

    private final long max;
    private final AtomicLong used = new AtomicLong();

    /** @param max octets */
    public Budget(long max) {
        this.max = max;
    }

    /** A budget that is never exhausted. */
    public static Budget unlimited() {
        return new Budget(Long.MAX_VALUE);
    }

    /** The octets in use now. */
    public long held() {
        return used.get();
    }

    /** A new share of 0 octets. */
    public Share share() {
        return new Share();
    }

    /** The octets of one user. For one thread at a time. */
    public final class Share implements AutoCloseable {
        private long octets;

        /** Takes this many octets more; returns false and takes none if the budget would be exceeded. */
        public boolean take(long more) {
            long now = used.get();
            while (more <= max - now) {
                if (used.compareAndSet(now, now + more)) {
                    octets += more;
                    return true;
                }
                now = used.get();
            }
            return false;
        }

        /** Takes this many octets more, which are in memory already, even if that exceeds the budget. */
        public void charge(long more) {
            octets += more;
            used.addAndGet(more);
        }

        /** Returns this many octets. */
        public void give(long less) {
            octets -= less;
            used.addAndGet(-less);
        }

        /** Returns all octets. The share may be used again. */
        @Override
        public void close() {
            give(octets);
        }
    }
}
