package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.protocol.Reply;

/**
 * What became of a message, or of a chunk of one.
 *
 * @param reply the reply to the client
 * @param octets how many octets of the message the client has sent so far
 * @param received whether all octets were received; if not, the session must end: the rest of them is no command
 */
public record MessageResult(Reply reply, long octets, boolean received) {

    /** The same with another reply. */
    public MessageResult withReply(Reply other) {
        return new MessageResult(other, octets, received);
    }

    /** How a transaction ends with it. */
    public Result result() {
        return OwnReply.result(reply);
    }
}
