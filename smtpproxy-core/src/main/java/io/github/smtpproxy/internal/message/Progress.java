package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * The deadline of content: within the timeout of a block a client must send some octets, or a session could be held for
 * ever by an octet now and then. With a minimum rate each octet moves the deadline by its time, never further than the
 * client may be behind; only the time in which the client is waited for counts then. Used by one thread at a time.
 */
final class Progress {

    /** Octets that a client must send within the timeout of a block. */
    private static final int LEAST = 1024;

    /** Octets that are received behind a reply that ends the session, so that a reset does not destroy the reply. */
    private static final long MOST_AFTER_END = 10L << 20;

    private static final Duration FOR_EVER = Duration.ofDays(365);
    private static final Duration LONGEST_AFTER_END = Duration.ofSeconds(10);

    private final Duration blockTimeout;
    private final OptionalLong minimumRate;
    /** The message must have come by then. */
    private final long lastOfAll;

    private final LongSupplier nanoTime;
    private long deadline;
    private long octets;
    private boolean waiting;
    /** When it was last waited for. */
    private long waited;

    private Optional<Reply> end = Optional.empty();
    private long lastOctet;
    private long lastMoment;

    /**
     * @param blockTimeout how long a block may take, or how far the client may be behind the minimum rate
     * @param minimumRate octets a second; empty for none
     * @param left for all of the message
     */
    Progress(Duration blockTimeout, OptionalLong minimumRate, Duration left, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.blockTimeout = blockTimeout;
        this.minimumRate = minimumRate;
        this.waited = nanoTime.getAsLong();
        this.deadline = waited + blockTimeout.toNanos();
        this.lastOfAll = waited + left.toNanos();
    }

    /** Without a minimum rate, and for as long as it takes. */
    static Progress within(Duration blockTimeout) {
        return new Progress(blockTimeout, OptionalLong.empty(), FOR_EVER, System::nanoTime);
    }

    /** By the settings of a proxy. */
    static Progress within(Timeouts timeouts, Duration left) {
        Duration block = timeouts.dataBlock();
        boolean rated = timeouts.minimumRate().isPresent();
        return new Progress(rated ? timeouts.mayBeBehind() : block, timeouts.minimumRate(), left, System::nanoTime);
    }

    /** A part begins, or goes on after others took their time, behind so many octets. A minimum rate is kept over all parts. */
    void restart(long now) {
        if (minimumRate.isPresent()) {
            arrived();
            return;
        }
        octets = now;
        waited = nanoTime.getAsLong();
        deadline = waited + blockTimeout.toNanos();
    }

    /** So many octets have arrived. */
    void reached(long now) {
        if (minimumRate.isPresent()) {
            forgiveOthers();
            long worth = (long) ((now - octets) * 1e9 / minimumRate.getAsLong());
            octets = now;
            waiting = false;
            deadline = Math.min(waited + blockTimeout.toNanos(), deadline + worth);
        } else if (now - octets >= LEAST) {
            restart(now);
        }
    }

    /** A block has arrived: what is done with it is not the client's time. */
    void arrived() {
        if (minimumRate.isPresent()) {
            forgiveOthers();
            waiting = false;
        }
    }

    /** A throttle took so long: that is not the client's time. */
    void forgive(long nanos) {
        if (minimumRate.isEmpty()) {
            deadline += nanos;
        }
    }

    /** What others took since the client was last waited for, such as a slow destination, is not its time. */
    private void forgiveOthers() {
        long now = nanoTime.getAsLong();
        if (!waiting) {
            deadline += now - waited;
        }
        waited = now;
    }

    /** The session ends with this reply: of what still comes, some is received, for some time. */
    void endAfter(Reply reply, long now) {
        if (!isEnding()) {
            end = Optional.of(reply);
            lastOctet = now + MOST_AFTER_END;
            lastMoment = nanoTime.getAsLong() + LONGEST_AFTER_END.toNanos();
        }
    }

    boolean isEnding() {
        return end.isPresent();
    }

    /** Whether enough was received behind the reply that ends the session. */
    boolean isOver(long now) {
        return isEnding() && (now >= lastOctet || nanoTime.getAsLong() - lastMoment >= 0);
    }

    /** How long the next block may take; above zero. */
    Duration timeLeft() {
        if (minimumRate.isPresent()) {
            forgiveOthers();
            waiting = true;
        }
        long now = nanoTime.getAsLong();
        long left = Math.min(deadline, lastOfAll) - now;
        return Duration.ofNanos(Math.max(1_000_000, isEnding() ? Math.min(left, lastMoment - now) : left));
    }

    /** Whether the client is too far behind the minimum rate, although it need not be waited for now. */
    boolean isBehind() {
        if (minimumRate.isPresent()) {
            forgiveOthers();
        }
        return minimumRate.isPresent() && deadline - waited < 0;
    }

    /** The reply to a client that takes longer. */
    Reply late(long now) {
        boolean some = now > octets || minimumRate.isPresent() && now > 0;
        return end.orElse(some ? Replies.MESSAGE_TOO_SLOW : Replies.IDLE);
    }
}
