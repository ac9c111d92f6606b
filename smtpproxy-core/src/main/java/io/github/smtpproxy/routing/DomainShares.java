package io.github.smtpproxy.routing;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** How many sessions send mail to each domain at once. Bounded by the sessions. Thread-safe. */
final class DomainShares {

    private final int most;
    private final Duration wait;
    private final Map<String, Share> shares = new ConcurrentHashMap<>();

    /** Those of one domain. It is kept as long as somebody has a part of it, or waits for one. */
    private static final class Share {
        private final Semaphore free;
        private final Map<String, Integer> holders = new ConcurrentHashMap<>();
        private int users;

        Share(int most) {
            this.free = new Semaphore(most, true);
        }
    }

    /**
     * @param most sessions of a domain
     * @param wait how long one more waits
     */
    DomainShares(int most, Duration wait) {
        this.most = most;
        this.wait = wait;
    }

    /**
     * Takes a part for a session, which may have one already.
     *
     * @return what gives it back; empty if none was free in time
     */
    Optional<Runnable> take(String domain, String session) throws InterruptedException {
        Share share = shares.compute(domain, (d, known) -> {
            Share used = known == null ? new Share(most) : known;
            used.users++;
            return used;
        });
        boolean taken = false;
        try {
            taken = share.holders.containsKey(session) || share.free.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            if (!taken) {
                leave(domain);
            }
        }
        if (!taken) {
            return Optional.empty();
        }
        share.holders.merge(session, 1, Integer::sum);
        return Optional.of(() -> giveBack(domain, share, session));
    }

    private void giveBack(String domain, Share share, String session) {
        if (share.holders.computeIfPresent(session, (s, n) -> n == 1 ? null : n - 1) == null) {
            share.free.release();
        }
        leave(domain);
    }

    private void leave(String domain) {
        shares.computeIfPresent(domain, (d, share) -> --share.users == 0 ? null : share);
    }
}
