package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;

/**
 * How a transaction ended.
 *
 * @param result in a word
 * @param reply the last word to the client; empty where there was none
 * @param octets how many octets of message arrived from the client
 * @param duration from MAIL to its end
 */
public record Outcome(Result result, Optional<Reply> reply, long octets, Duration duration) {

    /** How a transaction can end. */
    public enum Result {
        /** The destination accepted the message. */
        DELIVERED,
        /** The destination, a filter or the proxy refused it. */
        REFUSED,
        /** The client gave up: RSET, EHLO, QUIT, or gone. */
        ABORTED,
        /** Something broke before the destination had the whole message: nothing was delivered. */
        FAILED,
        /** The destination had the whole message, but its answer was lost: it may be delivered. */
        UNKNOWN
    }
}
