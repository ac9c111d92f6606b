package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Reply;
import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Looks for a refusal among replies that have arrived already; never waits. What arrived before a command was written
 * cannot be its reply, but a server that closes the connection often sends the reason first (RFC 5321 §3.8).
 */
final class PendingReplies {

    private static final int MAX_REPLIES = 16;

    private final WireSocket socket;
    private final ReadBuffer buffer;
    private final ReplyReader replies;
    /** Does not write to the transcript: what it reads is read again by {@link #replies}. */
    private final ReplyReader peeks;

    PendingReplies(WireSocket socket, ReadBuffer buffer, ReplyReader replies) {
        this.socket = socket;
        this.buffer = buffer;
        this.replies = replies;
        this.peeks = new ReplyReader(buffer, line -> {});
    }

    /** Consumes replies up to the first refusal, 16 at most, and returns that. */
    Optional<Reply> refusal() {
        try {
            for (int i = 0; i < MAX_REPLIES; i++) {
                Reply reply = replies.next(this::readAvailable);
                if (reply.isRefusal()) {
                    return Optional.of(reply);
                }
            }
        } catch (IOException noFurtherReply) {
            // none of them was a refusal
        }
        return Optional.empty();
    }

    private void readAvailable() throws IOException {
        if (!socket.readAvailable(buffer)) {
            throw new EOFException("no more input has arrived");
        }
    }

    /** Whether a refusal that matches is in the buffer; consumes nothing. */
    boolean hasBufferedRefusal(Predicate<Reply> matches) {
        int position = buffer.position();
        try {
            while (buffer.hasLine()) {
                Reply reply = peeks.next(() -> {
                    throw new EOFException("the buffer holds a part of a reply only");
                });
                if (reply.isRefusal() && matches.test(reply)) {
                    return true;
                }
            }
        } catch (IOException noFurtherReply) {
            // none of them was a refusal
        } finally {
            buffer.consume(position);
        }
        return false;
    }
}
