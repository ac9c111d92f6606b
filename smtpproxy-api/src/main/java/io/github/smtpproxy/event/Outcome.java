package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How a transaction ended.
 *
 * @param result in a word
 * @param reply the last word to the client about it; empty where there was none. Where every recipient was refused and the
 *     client gave up, the reply to the last of them
 * @param octets how many octets of message arrived from the client
 * @param duration from MAIL to its end
 * @param destination where it went; empty where that was never known
 * @param recipientsAccepted how many recipients the destination accepted
 * @param recipientsAsked how many recipients the client asked for
 */
public record Outcome(
        Result result,
        Optional<Reply> reply,
        long octets,
        Duration duration,
        Optional<Destination> destination,
        int recipientsAccepted,
        int recipientsAsked) {

    /** Checks that all are there. */
    public Outcome {
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(reply, "reply");
        Objects.requireNonNull(duration, "duration");
        Objects.requireNonNull(destination, "destination");
    }

    /** How a transaction can end. */
    public enum Result {
        /** The destination accepted the message. */
        DELIVERED,
        /** The destination, a filter or the proxy refused it, or each of its recipients. */
        REFUSED,
        /** The client gave up: RSET, EHLO, QUIT, or gone. */
        ABORTED,
        /** Something broke before the destination had the whole message: nothing was delivered. */
        FAILED,
        /** The destination had the whole message, but its answer was lost: it may be delivered. */
        UNKNOWN
    }
}
