package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/**
 * Writes the content of a message to the destination, with the framing with which it came. Close is not commit: the end
 * of the message is written by {@link #commit} alone.
 */
interface MessageWriter extends AutoCloseable {

    /** Sends what lets the destination expect content, behind RCPT: DATA, which it answers; with BDAT, nothing. */
    Optional<PendingAnswer> begin();

    /**
     * Announces a part, where the framing has sizes: to what is held, so many octets will be written. The first call for a
     * part counts; without one, what is written goes in parts of the writer's own.
     *
     * @param last whether the part ends the message
     */
    void expect(long octets, boolean last);

    /** Holds content until the next block is written. */
    void hold(byte[] content);

    void write(byte[] bytes, int from, int to);

    /** Whether what is written must be dot-stuffed. */
    boolean isStuffed();

    /** Why nothing more is written: what the destination replied before it had the message, or that it was lost. */
    Optional<Reply> refusal();

    /** The reply to a part that is not the last. */
    Reply endPart();

    /** Commits: writes the last of the message, which has arrived whole and is refused by nobody. */
    Reply commit(Block last);

    /** Frees what is held. */
    @Override
    void close();
}
