package io.github.smtpproxy.throttling;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.util.Objects;
import java.util.function.Function;

/**
 * So many sessions at once, for each client or other key. One too many is refused with {@code 421 4.7.0}. A session counts from
 * its connection to its end; by a key that is known later, such as the HELO name, from the first command at which it is
 * known, and always under that first one. Immutable: each setting makes another throttle.
 */
public final class LimitSessions implements Throttle {

    private static final int MOST = 1_000_000;
    private static final Reply REFUSAL = Reply.refusal(421, "4.7.0", "Too many sessions at once, try again later");

    private final Places places;

    private LimitSessions(Places places) {
        this.places = places;
    }

    /** By which key they are limited. Immutable. */
    public static final class Draft {

        private final LimitKey key;

        private Draft(LimitKey key) {
            this.key = key;
        }

        /**
         * The throttle. It counts where the proxy shares its state ({@link SharedState}), else in memory, unless it is
         * set to count elsewhere.
         *
         * @param most at once, 1 to 1,000,000
         * @throws IllegalStateException if a library of {@link MemoryLimits} is missing
         */
        public LimitSessions to(int most) {
            if (most < 1 || most > MOST) {
                throw new IllegalArgumentException("most must be between 1 and " + MOST + ", was " + most);
            }
            String rule = key + ":sessions=" + most;
            return new LimitSessions(new Places(key, rule, most, SharedState.limitsOr(MemoryLimits.create()), REFUSAL));
        }
    }

    /** Sessions that have this key in common. */
    public static Draft by(LimitKey key) {
        Objects.requireNonNull(key, "key");
        return new Draft(key);
    }

    /** This, counting here and nowhere else: several proxies can share one. */
    public LimitSessions in(Limits other) {
        Objects.requireNonNull(other, "limits");
        return counting(session -> other);
    }

    LimitSessions counting(Function<Session, Limits> where) {
        return new LimitSessions(places.counting(where));
    }

    /**
     * This with other words for one too many.
     *
     * @param reply 4xx or 5xx
     */
    public LimitSessions refusing(Reply reply) {
        return new LimitSessions(places.refusing(reply));
    }

    @Override
    public Pace before(Step step) {
        return asks(step) ? places.enter(step, "LimitSessions") : Pace.go();
    }

    private boolean asks(Step step) {
        boolean later = step instanceof Step.Mail
                || step instanceof Step.Rcpt
                || step instanceof Step.Command command && !command.verb().equals("QUIT");
        return step instanceof Step.Connect || later && places.mayBeEnteredLater();
    }

    @Override
    public void ended(Step step) {
        if (step instanceof Step.Connect) {
            places.leave(step);
        }
    }

    /** The rule, such as {@code client:sessions=10}. */
    @Override
    public String toString() {
        return places.toString();
    }
}
