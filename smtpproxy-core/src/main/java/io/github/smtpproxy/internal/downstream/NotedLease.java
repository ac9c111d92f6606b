package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.event.Lease;
import io.github.smtpproxy.event.Lease.Result;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;

/**
 * What a pool answered, as listeners get it.
 *
 * @param since when it answered
 */
record NotedLease(Lease lease, long since) {

    /** @param asked when it was asked */
    static NotedLease of(Destination to, Lent lent, long asked) {
        long now = System.nanoTime();
        Lease lease = Lease.of(to, result(lent), Duration.ofNanos(now - asked));
        return new NotedLease(lent.opening().map(lease::opening).orElse(lease), now);
    }

    private static Result result(Lent lent) {
        if (lent.connection().isPresent()) {
            return Result.GRANTED;
        }
        return lent.failure().filter(Failure.EXHAUSTED::equals).isPresent() ? Result.TIMED_OUT : Result.FAILED;
    }

    Duration used() {
        return Duration.ofNanos(System.nanoTime() - since);
    }
}
