package io.github.smtpproxy.config;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Objects;
import java.util.Optional;

/**
 * A point of a session at which something may go wrong on purpose.
 *
 * @param stage what is about to happen
 * @param session the session
 * @param transaction the transaction that it is part of
 * @param verb the command, in upper case; {@code CONNECT} before the first one
 * @param argument what follows the verb in the client's line; of AUTH, the mechanism only
 * @param reply the reply that is about to be written; empty before there is one
 */
public record FaultPoint(
        Stage stage,
        Session session,
        Optional<Transaction> transaction,
        String verb,
        String argument,
        Optional<Reply> reply) {

    /** What is about to happen. */
    public enum Stage {
        /** A client has connected; no destination is asked yet. */
        CONNECT,
        /** A command was read; no filter and no destination has got it. */
        COMMAND,
        /** A message begins to arrive. */
        MESSAGE,
        /** A message has arrived whole and the filters let it pass; the destination gets its end next. */
        END_OF_DATA,
        /** The reply to a command, or the greeting, is about to be written. */
        REPLY,
        /** The reply to a whole message is about to be written. */
        MESSAGE_REPLY
    }

    public FaultPoint {
        Objects.requireNonNull(stage, "stage");
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(transaction, "transaction");
        Objects.requireNonNull(verb, "verb");
        Objects.requireNonNull(argument, "argument");
        Objects.requireNonNull(reply, "reply");
    }
}
