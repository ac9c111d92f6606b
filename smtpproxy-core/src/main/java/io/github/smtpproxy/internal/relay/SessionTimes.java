package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** How long a client has: for its next line, for a transaction, and for all of its session. Confined to the session's thread. */
public final class SessionTimes {

    private static final Duration LEAST = Duration.ofMillis(1);

    private final Timeouts timeouts;
    private final Pressure pressure;
    private final BooleanSupplier inTransaction;
    private final LongSupplier nanoTime;
    private final long began;
    private long transactionBegan;

    SessionTimes(Relay relay, BooleanSupplier inTransaction, LongSupplier nanoTime) {
        this.timeouts = relay.timeouts();
        this.pressure = relay.pressure();
        this.inTransaction = inTransaction;
        this.nanoTime = nanoTime;
        this.began = nanoTime.getAsLong();
    }

    void transactionBegins() {
        transactionBegan = nanoTime.getAsLong();
    }

    /** What is left for the session and for the transaction that runs; zero or less if one is over. */
    public Duration left() {
        Duration session = left(timeouts.session(), began);
        return inTransaction.getAsBoolean()
                ? shorter(session, left(timeouts.transaction(), transactionBegan))
                : session;
    }

    private Duration left(Duration limit, long since) {
        return limit.minusNanos(nanoTime.getAsLong() - since);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Whether the session or its transaction has lasted as long as it may. */
    boolean areOver() {
        return left().compareTo(LEAST) < 0;
    }

    /** The reply then. */
    Reply over() {
        return inTransaction.getAsBoolean() ? Replies.TRANSACTION_TOO_LONG : Replies.SESSION_TOO_LONG;
    }

    /**
     * For the next line, if nothing is sent before.
     *
     * @param admission bounds it too
     */
    Duration forLine(Admission admission) {
        return shorter(left(), admission.timeFor(pressure.forCommand(timeouts.clientCommand())));
    }

    /** For a line from its first octet on. */
    Duration fromFirstOctet(Duration forLine) {
        return timeouts.minimumRate().isPresent() ? shorter(forLine, timeouts.mayBeBehind()) : forLine;
    }
}
