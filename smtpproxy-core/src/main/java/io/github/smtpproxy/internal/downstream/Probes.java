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

    private Probes(
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

    /** Begins to look at these, the first time after one period. */
    public static Probes start(
            Duration every,
            List<Destination> which,
            Network network,
            Timeouts timeouts,
            Destinations destinations,
            Permits permits,
            String hostname) {
        Probes probes = new Probes(which, network, timeouts, destinations, permits, hostname);
        probes.clock.scheduleWithFixedDelay(probes::all, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        return probes;
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
        DestinationState state = destinations.state(one);
        boolean shown = state.answered() != seen.getOrDefault(one, 0L);
        Optional<Permit> permit = permits.permit(one, !shown);
        try {
            if (permit.isPresent() || !shown) {
                probe(one, state, permit.isPresent());
            }
        } finally {
            permit.ifPresent(Permit::close);
            seen.put(one, state.answered());
        }
    }

    /** @param within whether the server has room for it: where it has not, it may defer without being ill */
    private void probe(Destination one, DestinationState state, boolean within) {
        BreakableNetwork breakable = new BreakableNetwork(network);
        running = Optional.of(breakable);
        if (closed) {
            return;
        }
        try {
            DestinationState told = within ? state : DestinationState.ofNobody(one);
            Opening.Result result =
                    new Opening(breakable, timeouts, hello, hello).open(one, NAME, Optional.empty(), told);
            if (!within && result.greeting().failure().isPresent() && !breakable.isBroken()) {
                state.notReached();
            }
            result.downstream().ifPresent(downstream -> {
                if (downstream.ask("NOOP").isPositive()) {
                    state.succeeded();
                } else if (!breakable.isBroken()) {
                    state.failed();
                }
                downstream.leave();
            });
        } finally {
            breakable.breakOff();
        }
    }

    /** Ends the one that runs; no other is begun. */
    @Override
    public void close() {
        closed = true;
        clock.shutdownNow();
        running.ifPresent(BreakableNetwork::breakOff);
    }
}
