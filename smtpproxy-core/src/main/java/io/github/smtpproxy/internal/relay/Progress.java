package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;

/** Keeps content coming: a drop now and then must not hold a session for ever. */
final class Progress {

    /** As much must arrive within the timeout of a block. */
    private static final int LEAST = 1024;

    /** So much is received behind a reply that ends the session, for the client to come to hear it. */
    private static final long MOST_AT_THE_END = 10L << 20;

    private static final Duration LONGEST_AT_THE_END = Duration.ofSeconds(10);

    private final Duration blockTimeout;
    private long since = System.nanoTime();
    private long octets;
    private boolean ending;
    private long last;
    private long until;

    Progress(Duration blockTimeout) {
        this.blockTimeout = blockTimeout;
    }

    /** So much has arrived by now. */
    void reached(long now) {
        if (now - octets >= LEAST) {
            octets = now;
            since = System.nanoTime();
        }
    }

    /** The session ends, so much having arrived by now: what still comes is received for a while only. */
    void ends(long now) {
        ending = true;
        last = now + MOST_AT_THE_END;
        until = System.nanoTime() + LONGEST_AT_THE_END.toNanos();
    }

    /** Whether what comes is received for the client's sake only. */
    boolean isEnding() {
        return ending;
    }

    /** Whether enough of it was received, so much having arrived by now. */
    boolean isOver(long now) {
        return ending && (now >= last || System.nanoTime() - until >= 0);
    }

    /** How long the next block may take; above zero. */
    Duration timeLeft() {
        long now = System.nanoTime();
        long left = blockTimeout.minusNanos(now - since).toNanos();
        return Duration.ofNanos(Math.max(1_000_000, ending ? Math.min(left, until - now) : left));
    }

    /** What a client hears that took longer, so much having arrived by now. */
    Reply late(long now) {
        return now > octets ? Replies.MESSAGE_TOO_SLOW : Replies.IDLE;
    }
}
