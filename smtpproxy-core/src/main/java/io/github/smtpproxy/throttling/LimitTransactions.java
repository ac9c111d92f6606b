package io.github.smtpproxy.throttling;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.util.Objects;

/**
 * So many transactions at once, for each client or other key. One too many is refused with {@code 450 4.7.1} at MAIL.
 * Immutable: each setting makes another throttle.
 */
public final class LimitTransactions implements Throttle {

    private static final int MOST = 1_000_000;
    private static final Reply REFUSAL = Reply.refusal(450, "4.7.1", "Too many messages at once, try again later");

    private final Places places;

    private LimitTransactions(Places places) {
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
        public LimitTransactions to(int most) {
            if (most < 1 || most > MOST) {
                throw new IllegalArgumentException("most must be between 1 and " + MOST + ", was " + most);
            }
            String rule = key + ":transactions=" + most;
            return new LimitTransactions(
                    new Places(key, rule, most, SharedState.limitsOr(MemoryLimits.create()), REFUSAL));
        }
    }

    /**
     * Transactions that have this key in common.
     *
     * @throws IllegalArgumentException if the key is not known at MAIL
     */
    public static Draft by(LimitKey key) {
        Objects.requireNonNull(key, "key");
        if (!key.isKnownAt(LimitKey.From.MAIL)) {
            throw new IllegalArgumentException("key of transactions must be known at MAIL, was " + key);
        }
        return new Draft(key);
    }

    /** This, counting here and nowhere else: several proxies can share one. */
    public LimitTransactions in(Limits other) {
        Objects.requireNonNull(other, "limits");
        return new LimitTransactions(places.counting(session -> other));
    }

    /**
     * This with other words for one too many.
     *
     * @param reply 4xx or 5xx
     */
    public LimitTransactions refusing(Reply reply) {
        return new LimitTransactions(places.refusing(reply));
    }

    @Override
    public Pace before(Step step) {
        return asks(step) ? places.enter(step, "LimitTransactions") : Pace.go();
    }

    private static boolean asks(Step step) {
        return step instanceof Step.Mail;
    }

    @Override
    public void ended(Step step) {
        if (step instanceof Step.Mail) {
            places.leave(step);
        }
    }

    /** The rule, such as {@code client:transactions=10}. */
    @Override
    public String toString() {
        return places.toString();
    }
}
