package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.protocol.Reply;
import org.subethamail.smtp.DropConnectionException;
import org.subethamail.smtp.RejectException;

/** A refusal in the words that it came in, all of its lines. */
final class HostedRefusalException extends RejectException {

    private static final long serialVersionUID = 1;

    private final String wire;

    private HostedRefusalException(Reply reply) {
        super(reply.code(), String.join(" ", reply.lines()));
        this.wire = String.join("\r\n", reply.wireLines());
    }

    /** The refusal of this reply; after 421 SubEtha closes, and has one line for it. */
    static RejectException of(Reply reply) {
        return reply.code() == 421
                ? new DropConnectionException(reply.code(), String.join(" ", reply.lines()))
                : new HostedRefusalException(reply);
    }

    @Override
    public String getErrorResponse() {
        return wire;
    }
}
