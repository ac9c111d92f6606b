package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;

/**
 * A message that a filter routes to another target than that of its transaction. It is kept whole first; then the destination
 * that accepted the envelope forgets it, whose connection others may use from then on, and the other one gets envelope and
 * message, as far as it offers what they need. Its reply is the client's: only a
 * destination accepts.
 */
final class RoutedMessage {

    private static final OwnReply NO_TEXT = OwnReply.refusal(554, "5.6.1", "Binary message cannot be sent there");

    private final MessageScope scope;
    private final MessageReader reader;
    private final Streaming streaming;
    private final IncomingMessage incoming;
    private final Message message;

    RoutedMessage(
            MessageScope scope, MessageReader reader, Streaming streaming, IncomingMessage incoming, Message message) {
        this.scope = scope;
        this.reader = reader;
        this.streaming = streaming;
        this.incoming = incoming;
        this.message = message;
    }

    /** Sends it; gives the reply of the other destination, or why it is not delivered. */
    Reply send() {
        message.limit().ifPresent(reader::limit);
        try {
            incoming.keep();
        } catch (IOException clientGone) {
            return Replies.FAILED;
        }
        if (reader.refusal().isPresent()) {
            return reader.refusal().get();
        }
        // a message that came in chunks was opened at no destination: RSET ends the transaction in each framing
        scope.lease().release();
        scope.lease().ended();
        try (Detour detour = scope.detour().get()) {
            Optional<Reply> failed = detour.open(message.target().orElseThrow(), message.mail());
            return failed.isPresent() ? failed.get() : send(detour);
        }
    }

    private Reply send(Detour detour) {
        boolean chunks = detour.lease().downstream().extensions().has("CHUNKING");
        if (!chunks && !reader.isStuffed() && scope.isBinary()) {
            return NO_TEXT;
        }
        MessageScope there = scope.on(detour.lease(), detour);
        MessageWriter guarded = there.rules().guarding(writer(there), message.mail());
        try (MessageWriter writer = new PacedWriter(guarded, there, reader)) {
            return new FilteredMessage(there, reader, writer, streaming, incoming, message).send();
        }
    }

    /** With its own framing, or with DATA, which every server knows. */
    private MessageWriter writer(MessageScope there) {
        boolean chunks = !reader.isStuffed() && there.downstream().extensions().has("CHUNKING");
        return chunks ? new ChunkWriter(there) : new DataWriter(there);
    }
}
