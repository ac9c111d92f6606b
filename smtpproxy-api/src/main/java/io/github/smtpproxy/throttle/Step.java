package io.github.smtpproxy.throttle;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What a session is about to do. */
public sealed interface Step {

    /** The session. */
    Session session();

    /**
     * The client connected; it has not got a greeting.
     *
     * @param session the session
     */
    record Connect(Session session) implements Step {
        /** Refuses null. */
        public Connect {
            Objects.requireNonNull(session, "session");
        }
    }

    /**
     * Any command line, before it is parsed.
     *
     * @param session the session
     * @param verb its first word in upper case
     */
    record Command(Session session, String verb) implements Step {
        /** Refuses null. */
        public Command {
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(verb, "verb");
        }
    }

    /**
     * MAIL.
     *
     * @param session the session
     * @param mail the command
     */
    record Mail(Session session, MailFrom mail) implements Step {
        /** Refuses null. */
        public Mail {
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(mail, "mail");
        }
    }

    /**
     * RCPT.
     *
     * @param transaction the transaction
     * @param rcpt the command
     */
    record Rcpt(Transaction transaction, RcptTo rcpt) implements Step {
        /** Refuses null. */
        public Rcpt {
            Objects.requireNonNull(transaction, "transaction");
            Objects.requireNonNull(rcpt, "rcpt");
        }

        @Override
        public Session session() {
            return transaction.session();
        }
    }

    /**
     * Octets of a message have arrived from the client, and go on once they are granted. A throttle that grants some of them
     * ({@link Pace#grant}) is asked again for the others, and no more is read meanwhile. A transaction is open at the destination,
     * so its connection cannot be given back: it waits, too. What has waited longer than a second goes on in smaller portions.
     *
     * @param transaction the transaction
     * @param octets how many octets have arrived and are not granted; at least 1
     */
    record Data(Transaction transaction, long octets) implements Step {
        /** Refuses null. */
        public Data {
            Objects.requireNonNull(transaction, "transaction");
        }

        @Override
        public Session session() {
            return transaction.session();
        }
    }

    /**
     * Octets of a message are about to be sent to the destination, and are sent once they are granted. A throttle that grants
     * some of them ({@link Pace#grant}) is asked again for the others. A refusal is ignored here; it belongs to {@link Data}. The
     * destination waits as it does there.
     *
     * @param transaction the transaction
     * @param octets how many octets are to be sent and are not granted; at least 1
     */
    record Send(Transaction transaction, long octets) implements Step {
        /** Refuses null. */
        public Send {
            Objects.requireNonNull(transaction, "transaction");
        }

        @Override
        public Session session() {
            return transaction.session();
        }
    }

    /**
     * Octets have arrived from a client that speaks TLS with the destination, which the proxy cannot read, and go on once they are
     * granted. A throttle that grants some of them ({@link Pace#grant}) is asked again for the others. A refusal is ignored: no
     * reply can be sent.
     *
     * @param session the session
     * @param octets how many octets have arrived and are not granted; at least 1
     */
    record Opaque(Session session, long octets) implements Step {
        /** Refuses null. */
        public Opaque {
            Objects.requireNonNull(session, "session");
        }
    }

    /**
     * A login has ended, and its result is about to be sent to the client. A throttle can delay it, or end the session with
     * a 421; another refusal is ignored.
     *
     * @param session the session
     * @param mechanism the SASL mechanism, in upper case
     * @param user who the client claims to be; empty where only the destination knows
     * @param reply the result: 2xx for success, 4xx and 5xx for none
     */
    record Auth(Session session, String mechanism, Optional<String> user, Reply reply) implements Step {

        private static final Set<Integer> NO_VERDICT = Set.of(500, 501, 502, 503, 504, 530, 534, 538);

        /** Refuses null. */
        public Auth {
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(mechanism, "mechanism");
            Objects.requireNonNull(user, "user");
            Objects.requireNonNull(reply, "reply");
        }

        /**
         * Whether the login failed: 5xx, but none of the codes for a command that is wrong or too early, which are
         * not about a password (RFC 4954 §6, RFC 5321 §4.2.2).
         */
        public boolean failed() {
            return reply.isPermanent() && !NO_VERDICT.contains(reply.code());
        }
    }

    /**
     * A refusal is about to be sent to the client. A throttle can delay it, or end the session with a 421; another refusal is
     * ignored.
     *
     * @param session the session
     * @param refusal who refuses, at which verb, which recipient, with which reply
     */
    record Refusal(Session session, io.github.smtpproxy.event.Refusal refusal) implements Step {
        /** Refuses null. */
        public Refusal {
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(refusal, "refusal");
        }

        /** The reply that refuses. */
        public Reply reply() {
            return refusal.reply();
        }
    }

    /**
     * The client did what no mail server does. A refusal is the greeting at {@link ProtocolViolation#EARLY_TALK}, and the
     * reply to the command at all others but a request of HTTP, which ends the session whatever a throttle answers. Nothing
     * is found out where a proxy has no throttles.
     *
     * @param session the session
     * @param kind what it did
     */
    record Violation(Session session, ProtocolViolation kind) implements Step {
        /** Refuses null. */
        public Violation {
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(kind, "kind");
        }
    }
}
