package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;

/**
 * The deadline of content: within the timeout of a block a client must send some octets, or a session could be held for
 * ever by an octet now and then. Used by one thread at a time.
 */
final class Progress {

    /** Octets that a client must send within the timeout of a block. */
    private static final int LEAST = 1024;

    /** Octets that are received behind a reply that ends the session, so that a reset does not destroy the reply. */
    private static final long MOST_AFTER_END = 10L << 20;

    private static final Duration LONGEST_AFTER_END = Duration.ofSeconds(10);

    private final Duration blockTimeout;
    private long since;
    private long octets;
    private Optional<Reply> end = Optional.empty();
    private long lastOctet;
    private long lastMoment;

    Progress(Duration blockTimeout) {
        this.blockTimeout = blockTimeout;
        this.since = System.nanoTime();
    }

    /** A part begins, behind so many octets. */
    void restart(long now) {
        octets = now;
        since = System.nanoTime();
    }

    /** So many octets have arrived. */
    void reached(long now) {
        if (now - octets >= LEAST) {
            restart(now);
        }
    }

    /** The session ends with this reply: of what still comes, some is received, for some time. */
    void endAfter(Reply reply, long now) {
        if (!isEnding()) {
            end = Optional.of(reply);
            lastOctet = now + MOST_AFTER_END;
            lastMoment = System.nanoTime() + LONGEST_AFTER_END.toNanos();
        }
    }

    boolean isEnding() {
        return end.isPresent();
    }

    /** Whether enough was received behind the reply that ends the session. */
    boolean isOver(long now) {
        return isEnding() && (now >= lastOctet || System.nanoTime() - lastMoment >= 0);
    }

    /** How long the next block may take; above zero. */
    Duration timeLeft() {
        long now = System.nanoTime();
        long left = blockTimeout.minusNanos(now - since).toNanos();
        return Duration.ofNanos(Math.max(1_000_000, isEnding() ? Math.min(left, lastMoment - now) : left));
    }

    /** The reply to a client that takes longer. */
    Reply late(long now) {
        return end.orElse(now > octets ? Replies.MESSAGE_TOO_SLOW : Replies.IDLE);
    }
}
