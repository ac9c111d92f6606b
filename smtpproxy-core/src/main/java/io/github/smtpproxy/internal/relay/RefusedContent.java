package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.protocol.Reply;

/** A filter opened a body that cannot be had; what the client is to hear of it. */
final class RefusedContent extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Reply reply;

    RefusedContent(Reply reply) {
        super("the message is refused: " + reply);
        this.reply = reply;
    }

    Reply reply() {
        return reply;
    }
}
