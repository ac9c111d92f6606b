package io.github.smtpproxy.throttling;

import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Throttle;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** Throttles together. */
public final class Throttles {

    private static final LimitKey SMALL = LimitKey.network(32, 64);
    private static final LimitKey MIDDLE = LimitKey.network(26, 48);
    private static final LimitKey LARGE = LimitKey.network(21, 32);

    private Throttles() {}

    /**
     * These as one, in their order: the delays of all add up, and the first refusal counts. Those that let a session or a
     * transaction go which a later one refuses get its end. Where one of them throws, all count as letting go.
     */
    public static Throttle all(Throttle... throttles) {
        Objects.requireNonNull(throttles, "throttles");
        for (Throttle throttle : throttles) {
            Objects.requireNonNull(throttle, "throttle");
        }
        return new All(List.of(throttles));
    }

    /**
     * What nearly every proxy can do with: connections a minute and sessions at once for three sizes of networks, failed
     * logins and unknown recipients. The documentation has a table of the numbers. It counts where the proxy shares its state
     * ({@link SharedState}), else in memory.
     *
     * @throws IllegalStateException if a library of {@link MemoryLimits} is missing
     */
    public static Throttle sensible() {
        return counting(SharedState.limitsOr(MemoryLimits.create()));
    }

    /** As {@link #sensible()}, counting here and nowhere else. */
    public static Throttle sensible(Limits limits) {
        Objects.requireNonNull(limits, "limits");
        return counting(session -> limits);
    }

    private static Throttle counting(Function<Session, Limits> limits) {
        return all(
                connections(SMALL, "300/min").counting(limits),
                connections(MIDDLE, "900/min").counting(limits),
                connections(LARGE, "2700/min").counting(limits),
                LimitSessions.by(SMALL).to(30).counting(limits),
                LimitSessions.by(MIDDLE).to(90).counting(limits),
                LimitSessions.by(LARGE).to(270).counting(limits),
                LimitRate.of(Counted.FAILED_LOGINS)
                        .by(SMALL)
                        .to(Rate.parse("20/h, burst 10"))
                        .counting(limits),
                LimitRate.of(Counted.UNKNOWN_RECIPIENTS)
                        .by(SMALL)
                        .to(Rate.parse("300/h, burst 50"))
                        .counting(limits));
    }

    private static LimitRate connections(LimitKey key, String rate) {
        return LimitRate.of(Counted.CONNECTIONS).by(key).to(Rate.parse(rate));
    }
}
