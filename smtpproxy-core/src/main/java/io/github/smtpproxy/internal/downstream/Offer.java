package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one destination offers, as it was last heard, and who is asking it now. Any thread. */
final class Offer {

    private static final Logger log = LoggerFactory.getLogger(Offer.class);

    private static final long FRESH_NANOS = Duration.ofMinutes(5).toNanos();
    /** Until one is asked again that could not be. */
    private static final long FAILED_NANOS = Duration.ofSeconds(30).toNanos();

    private final Destination destination;
    private final LongSupplier clock;
    private final AtomicReference<Asking> asking = new AtomicReference<>();
    private volatile Extensions last = Extensions.none();
    private volatile boolean asked;
    private volatile long askAgain;

    Offer(Destination destination, LongSupplier clock) {
        this.destination = destination;
        this.clock = clock;
    }

    /** One attempt, and who waits for it. */
    private record Asking(BreakableNetwork network, CountDownLatch over, long until) {}

    /** Has somebody ask where the last offer is too old, unless somebody does already. */
    void refresh(Executor threads, BreakableNetwork network, Timeouts timeouts, Hello hello, Wire.Log name) {
        if (asked && clock.getAsLong() - askAgain < 0) {
            return;
        }
        Asking mine = new Asking(network, new CountDownLatch(1), System.nanoTime() + Offers.PATIENCE.toNanos());
        if (!asking.compareAndSet(null, mine)) {
            return;
        }
        try {
            threads.execute(() -> ask(mine, timeouts, hello, name));
        } catch (RuntimeException | Error noThread) {
            over(mine, FAILED_NANOS);
            log.warn("{}: cannot ask {} what it offers: {}", name.session(), destination, noThread.toString());
        }
    }

    /** The offer; of one that is asked just now, what comes of that in time. */
    Extensions extensions() {
        Asking current = asking.get();
        if (current != null) {
            try {
                if (!current.over.await(current.until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    log.debug("{} does not say in time what it offers", destination);
                }
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
        return last;
    }

    void breakOff() {
        Asking current = asking.get();
        if (current != null) {
            current.network.breakOff();
        }
    }

    private void ask(Asking mine, Timeouts timeouts, Hello hello, Wire.Log name) {
        long again = FAILED_NANOS;
        try {
            Answer answer = ask(destination, mine.network, timeouts, hello, name);
            if (answer.isPositive()) {
                again = FRESH_NANOS;
            } else {
                log.warn(
                        "{}: cannot ask {} what it offers: {}",
                        name.session(),
                        destination,
                        LogText.escape(answer.toString()));
            }
        } catch (IOException e) {
            log.warn("{}: cannot ask {} what it offers: {}", name.session(), destination, LogText.escape(e.toString()));
        } finally {
            // an error, such as want of memory, leaves no socket
            mine.network.breakOff();
            over(mine, again);
        }
    }

    private Answer ask(Destination there, BreakableNetwork network, Timeouts timeouts, Hello hello, Wire.Log name)
            throws IOException {
        try (Downstream downstream = new Connector(network, timeouts, name).connect(there, Optional.empty())) {
            Answer answer = downstream.greeting();
            if (answer.isPositive()) {
                Handshake handshake = new Handshake(downstream, name, Optional.empty());
                answer = handshake.introduce(hello);
                if (handshake.isWorthPlaintext(answer)) {
                    return ask(there.plaintext(), network, timeouts, hello, name);
                }
            }
            if (answer.isPositive()) {
                last = downstream.extensions();
            }
            downstream.quit();
            return answer;
        }
    }

    private void over(Asking mine, long again) {
        askAgain = clock.getAsLong() + again;
        asked = true;
        asking.set(null);
        mine.over.countDown();
    }
}
