package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the sessions of an endpoint run short, and what is different then. It is over well below where it began, so that it
 * does not come and go with each session. Any thread.
 */
public final class Pressure {

    private static final Logger log = LoggerFactory.getLogger(Pressure.class);

    private final Optional<Stress> stress;
    private final ForeignCode guard;
    private final int most;
    private final AtomicBoolean on = new AtomicBoolean();

    private Pressure(Optional<Stress> stress, ForeignCode guard, int most) {
        this.stress = stress;
        this.guard = guard;
        this.most = most;
    }

    /**
     * For an endpoint.
     *
     * @param most sessions that it may have
     */
    public static Pressure of(Optional<Stress> stress, ForeignCode guard, int most) {
        return new Pressure(stress, guard, most);
    }

    /** For another endpoint, which has its own. */
    Pressure at(int maxConnections) {
        return new Pressure(stress, guard, maxConnections);
    }

    /** Whether there is no such setting. */
    public boolean isNone() {
        return stress.isEmpty();
    }

    /** There are so many sessions now. */
    public void sessions(int count) {
        if (isNone()) {
            return;
        }
        long share = count * 100L;
        long begins = (long) stress.get().from() * most;
        if (share >= begins) {
            turn(true, count);
        } else if (share * 4 < begins * 3) {
            turn(false, count);
        }
    }

    private void turn(boolean to, int count) {
        if (on.get() != to && on.compareAndSet(!to, to)) {
            String now = to ? "sessions run short, clients have less time" : "sessions no longer run short";
            log.warn("{}: {} of {}", now, count, most);
        }
    }

    /** The time for the next command, where this is the usual one. */
    Duration forCommand(Duration usual) {
        if (!on.get()) {
            return usual;
        }
        Duration less = stress.get().clientCommand();
        return less.compareTo(usual) < 0 ? less : usual;
    }

    /** The number of errors that are allowed, where this is the usual one. */
    int errors(int usual) {
        return on.get() ? Math.min(usual, stress.get().maxErrors()) : usual;
    }

    /** What the host thinks of a client. On the session's thread. */
    double score(Session session) {
        if (isNone()) {
            return 0;
        }
        ToDoubleFunction<Session> score = stress.get().score();
        return guard.ask(session.id(), "the score", score, () -> score.applyAsDouble(session))
                .filter(value -> !value.isNaN())
                .orElse(0.0);
    }
}
