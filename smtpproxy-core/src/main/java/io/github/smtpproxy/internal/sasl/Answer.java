package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Login.Refused;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** The next step of a server after a client's response. */
public sealed interface Answer {

    /** To be sent as {@code 334} with these octets in base64. */
    record Challenge(byte[] octets) implements Answer {
        @Override
        public String toString() {
            return "challenge of " + octets.length + " octets";
        }
    }

    /** The client has authenticated as this user: {@code 235}. */
    record Success(String user) implements Answer {}

    /** The authenticator refused, in words of its own. */
    record Refusal(Refused login) implements Answer {}

    /**
     * The exchange failed.
     *
     * @param kind which reply the client gets
     * @param cause of {@link Kind#TEMPORARY}; for the log, never for the client
     */
    record Failure(Kind kind, Optional<Throwable> cause) implements Answer {
        Failure(Kind kind) {
            this(kind, Optional.empty());
        }
    }

    /** Why an exchange failed. */
    enum Kind {
        INVALID(535, "5.7.8", "Authentication credentials invalid"),
        MALFORMED(501, "5.5.2", "Malformed authentication response"),
        TEMPORARY(454, "4.7.0", "Temporary authentication failure");

        private final Reply reply;

        Kind(int code, String status, String text) {
            this.reply = Reply.refusal(code, status, text);
        }

        /** The reply to the client (RFC 4954 §6). */
        public Reply reply() {
            return reply;
        }
    }
}
