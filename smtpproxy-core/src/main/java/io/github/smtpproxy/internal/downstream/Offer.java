package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.Permits.Permit;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one destination offered last, and the query for it that runs now. Any thread. */
final class Offer {

    private static final Logger log = LoggerFactory.getLogger(Offer.class);

    private static final long FRESH_NANOS = Duration.ofMinutes(5).toNanos();
    /** The time from a query that failed to the next. */
    private static final long FAILED_NANOS = Duration.ofSeconds(30).toNanos();

    private final Destination destination;
    private final LongSupplier clock;
    private final Permits permits;
    private final AtomicReference<Query> running = new AtomicReference<>();
    private volatile Extensions last = Extensions.none();
    private volatile boolean known;
    private volatile boolean queried;
    private volatile long next;

    Offer(Destination destination, LongSupplier clock, Permits permits) {
        this.destination = destination;
        this.clock = clock;
        this.permits = permits;
    }

    /** What the destination offered to somebody else just now. */
    void learn(Extensions offered) {
        last = offered;
        known = true;
        next = clock.getAsLong() + FRESH_NANOS;
        queried = true;
    }

    /** @param until when sessions stop to wait for it, by {@link System#nanoTime} */
    private record Query(BreakableNetwork network, CountDownLatch ended, long until) {}

    /** Starts a query where the last offer is too old and no query runs. */
    void refresh(Executor threads, BreakableNetwork network, Timeouts timeouts, Hello hello, Wire.Log name) {
        if (queried && clock.getAsLong() - next < 0) {
            return;
        }
        Query query = new Query(network, new CountDownLatch(1), System.nanoTime() + Offers.MAX_WAIT.toNanos());
        if (!running.compareAndSet(null, query)) {
            return;
        }
        try {
            threads.execute(() -> run(query, timeouts, hello, name));
        } catch (RuntimeException | Error noThread) {
            next = clock.getAsLong() + FAILED_NANOS;
            end(query);
            log.warn("{}: cannot ask {} what it offers: {}", name.session(), destination, noThread.toString());
        }
    }

    /** The last offer; while a query runs, that is waited for. */
    Extensions extensions() {
        Query current = running.get();
        if (current != null && !UninterruptedWait.await(current.ended, current.until - System.nanoTime())) {
            log.debug("{}: the query for its offer takes too long", destination);
        }
        return last;
    }

    void abort() {
        Query current = running.get();
        if (current != null) {
            current.network.breakOff();
        }
    }

    private void run(Query query, Timeouts timeouts, Hello hello, Wire.Log name) {
        Optional<Permit> permit = Optional.empty();
        next = clock.getAsLong() + FAILED_NANOS;
        try {
            permit = permits.permit(destination, true);
            // where all connections are used, the last offer is good enough, if there is one
            if (permit.isPresent() || !known) {
                query(query.network, timeouts, hello, name);
            }
        } finally {
            // an error, such as lack of memory, leaves no socket
            query.network.breakOff();
            permit.ifPresent(Permit::close);
            end(query);
        }
    }

    private void query(BreakableNetwork network, Timeouts timeouts, Hello hello, Wire.Log name) {
        Opening.Result result = new Opening(network, timeouts, hello, hello)
                .open(destination, name, Optional.empty(), DestinationState.ofNobody(destination));
        result.downstream().ifPresent(downstream -> {
            learn(downstream.extensions());
            downstream.leave();
        });
        if (!result.answer().isPositive()) {
            String answer = LogText.escape(result.answer().toString());
            log.warn("{}: cannot ask {} what it offers: {}", name.session(), destination, answer);
        }
    }

    private void end(Query query) {
        queried = true;
        running.set(null);
        query.ended.countDown();
    }
}
