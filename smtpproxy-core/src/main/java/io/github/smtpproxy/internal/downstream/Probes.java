package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.downstream.Permits.Permit;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at destinations from time to time, whether sessions use them or not: connect, EHLO, NOOP, QUIT. What comes of it counts
 * as what comes of a session. One is looked at after the other, on a thread of its own.
 */
public final class Probes implements Beside {

    private static final Logger log = LoggerFactory.getLogger(Probes.class);
    private static final Wire.Log NAME = new Wire.Log(Wire.NO_TRANSCRIPT, "probe", Transcript.Lane.DESTINATION);

    private final List<Destination> which;
    private final Network network;
    private final Timeouts timeouts;
    private final Destinations destinations;
    private final Permits permits;
    private final Hello hello;
    /** How often each had answered at the last look. By the one thread. */
    private final Map<Destination, Long> seen = new HashMap<>();

    private final ScheduledThreadPoolExecutor clock =
            new ScheduledThreadPoolExecutor(1, Probes::daemon, new ThreadPoolExecutor.DiscardPolicy());
    private volatile Optional<BreakableNetwork> running = Optional.empty();
    private volatile boolean closed;

    public Probes(
            List<Destination> which,
            Network network,
            Timeouts timeouts,
            Destinations destinations,
            Permits permits,
            String hostname) {
        this.which = which;
        this.network = network;
        this.timeouts = Offers.shortened(timeouts);
        this.destinations = destinations;
        this.permits = permits;
        this.hello = new Hello(true, hostname);
    }

    /** Begins to look at them, the first time after one period. */
    public Probes start(Duration every) {
        clock.scheduleWithFixedDelay(this::all, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        return this;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "smtpproxy-probe");
        thread.setDaemon(true);
        return thread;
    }

    private void all() {
        for (Destination one : which) {
            if (closed) {
                return;
            }
            try {
                look(one);
            } catch (RuntimeException | Error e) {
                log.error("cannot look at {}", one, e);
            }
        }
    }

    /**
     * Where all connections that the server may have are there, they show how it is, if one of them was answered since the last
     * look. Otherwise one that nobody uses goes for the probe; where all are used, the probe goes beside them.
     */
    void look(Destination one) {
        boolean shown = destinations.answeredAt(one) != seen.getOrDefault(one, 0L);
        Optional<Permit> permit = permits.permit(one, !shown);
        try {
            if (permit.isPresent()) {
                probe(one, destinations.state(one), result -> {});
            } else if (!shown) {
                long before = destinations.answeredAt(one);
                probe(one, DestinationState.ofNobody(one), result -> {
                    if (destinations.answeredAt(one) == before) {
                        noteBeside(destinations.state(one), result);
                    }
                });
            }
        } finally {
            permit.ifPresent(Permit::close);
            seen.put(one, destinations.answeredAt(one));
        }
    }

    /** What comes of a probe that the server may have no room for: that it refuses one is no fault. */
    private static void noteBeside(DestinationState state, Opening.Result result) {
        Answer greeting = result.greeting();
        if (greeting.isPositive() || greeting.failure().isPresent()) {
            state.note(greeting);
        }
        boolean failed =
                result.answer().failure().filter(f -> f != Failure.NO_TOKEN).isPresent();
        if (greeting.isPositive() && failed) {
            state.failed();
        }
    }

    /**
     * Looks at one.
     *
     * @param state counts the connection, and what comes of it up to EHLO
     * @param opened gets the rest of it
     */
    private void probe(Destination one, DestinationState state, Consumer<Opening.Result> opened) {
        BreakableNetwork breakable = new BreakableNetwork(network);
        running = Optional.of(breakable);
        if (closed) {
            return;
        }
        try {
            Opening.Result result =
                    new Opening(breakable, timeouts, hello, hello).open(one, NAME, Optional.empty(), state);
            if (!breakable.isBroken()) {
                opened.accept(result);
            }
            result.downstream().ifPresent(downstream -> ask(downstream, destinations.state(one), breakable));
        } finally {
            breakable.breakOff();
        }
    }

    private static void ask(Downstream downstream, DestinationState state, BreakableNetwork network) {
        if (downstream.ask("NOOP").isPositive()) {
            state.succeeded();
        } else if (!network.isBroken()) {
            state.failed();
        }
        downstream.leave();
    }

    /** Ends the one that runs; no other is begun. */
    @Override
    public void close() {
        closed = true;
        clock.shutdownNow();
        running.ifPresent(BreakableNetwork::breakOff);
    }
}
