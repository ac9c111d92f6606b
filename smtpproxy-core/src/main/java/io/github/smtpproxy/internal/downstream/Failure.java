package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.protocol.Reply;
import java.util.Arrays;

/** What the client hears when a destination fails. */
public enum Failure {
    /** No session with the destination, and none was promised yet: the greeting says so. */
    UNREACHABLE(Reply.refusal(421, "4.4.1", "Destination unreachable")),
    /** No session with the destination for this transaction; the client's session goes on. */
    UNREACHABLE_LATE(Reply.defer("4.4.1", "Destination unreachable")),
    /** TLS was demanded and not to be had, or its certificate is not to be believed. */
    INSECURE(Reply.refusal(421, "4.7.5", "Destination cannot be reached securely")),
    /** The destination does not take the proxy for what it is: our login, or the client that we tell it of. */
    NOT_ADMITTED(Reply.refusal(421, "4.7.0", "Destination does not admit the proxy")),
    /** The session with the destination broke off. */
    LOST(Reply.refusal(421, "4.4.2", "Connection to destination lost")),
    /** It broke off when the message was there and the answer was not: the client must try again (RFC 5321 §4.2.5). */
    LOST_AFTER_DOT(Reply.defer("4.4.2", "Connection to destination lost after end of data"));

    private final Reply reply;

    Failure(Reply reply) {
        this.reply = reply;
    }

    public Reply reply() {
        return reply;
    }

    /** Whether the proxy says this of a destination, and not the destination itself. */
    public static boolean isOne(Reply reply) {
        return !reply.isParsed() && Arrays.stream(values()).anyMatch(f -> f.reply.equals(reply));
    }
}
