package io.github.smtpproxy.inspect;

import java.util.concurrent.atomic.AtomicLong;

/** What all recorded sessions hold together, in octets, and how much that may be. Any thread. */
final class Held {

    private final long most;
    private final AtomicLong octets = new AtomicLong();

    Held(long most) {
        this.most = most;
    }

    /** Whether there is room for so many more, which are held then. */
    boolean take(long more) {
        if (octets.addAndGet(more) <= most) {
            return true;
        }
        octets.addAndGet(-more);
        return false;
    }

    void giveBack(long some) {
        octets.addAndGet(-some);
    }

    /** Whether so much is held that the oldest must go. */
    boolean isNearlyFull() {
        return octets.get() > most / 4 * 3;
    }
}
