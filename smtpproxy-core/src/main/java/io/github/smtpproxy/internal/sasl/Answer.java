package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** What a server makes of a client's response. */
public sealed interface Answer {

    /** {@code 334} and these octets, in base64. */
    record Challenge(byte[] octets) implements Answer {
        @Override
        public String toString() {
            return "challenge of " + octets.length + " octets";
        }
    }

    /** {@code 235}. */
    record Success(String user) implements Answer {}

    /** The end, and for {@link Kind#TEMPORARY} what failed: for the log, never for the client. */
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

        /** The reply that says so (RFC 4954 §6). */
        public Reply reply() {
            return reply;
        }
    }
}
