package io.github.smtpproxy.throttle;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Objects;

/** What a session is about to do. */
public sealed interface Step {

    /** The session. */
    Session session();

    /**
     * The client connected; nothing has been said to it.
     *
     * @param session the session
     */
    record Connect(Session session) implements Step {
        /** Checks that all is there. */
        public Connect {
            Objects.requireNonNull(session, "session");
        }
    }

    /**
     * Any command line, before it is looked at.
     *
     * @param session the session
     * @param verb its first word in upper case
     */
    record Command(Session session, String verb) implements Step {
        /** Checks that all is there. */
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
        /** Checks that all is there. */
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
        /** Checks that all is there. */
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
     * A block of a message has arrived from the client.
     *
     * @param transaction the transaction
     * @param octets how many octets
     */
    record Data(Transaction transaction, long octets) implements Step {
        /** Checks that all is there. */
        public Data {
            Objects.requireNonNull(transaction, "transaction");
        }

        @Override
        public Session session() {
            return transaction.session();
        }
    }

    /**
     * A refusal is about to be told to the client.
     *
     * @param session the session
     * @param reply the refusal
     */
    record Refusal(Session session, Reply reply) implements Step {
        /** Checks that all is there. */
        public Refusal {
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(reply, "reply");
        }
    }
}
