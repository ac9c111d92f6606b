package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.protocol.Reply;

/** A filter opened the body of a message that is refused. This is no fault of the filter. */
public final class ContentRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Reply reply;

    /** @param reply the refusal */
    public ContentRefusedException(Reply reply) {
        super("the message is refused: " + reply);
        this.reply = reply;
    }

    Reply reply() {
        return reply;
    }
}
