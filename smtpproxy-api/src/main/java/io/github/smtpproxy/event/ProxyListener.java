package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;

/**
 * Watches; it decides nothing. Each start meets exactly one end:
 *
 * <pre>
 * sessionStarted
 *   connectStarted .. connectEnded        (each time a destination is connected to)
 *   transactionStarted
 *     mail, rcpt*                         (with the reply that the client hears)
 *   transactionEnded
 * sessionEnded
 * </pre>
 *
 * <p>Between any two of these stands a {@code refused} for each refusal that the client hears; one stands alone for a
 * connection beyond {@code maxConnections}.
 *
 * <p>Called on the session's thread; serves all sessions at once and must be thread-safe. What it throws, an error too, is
 * logged and dropped.
 */
public interface ProxyListener {

    /** A client connected. */
    default void sessionStarted(Session session) {}

    /** A destination is being connected to. */
    default void connectStarted(Session session, Destination destination) {}

    /**
     * The destination was reached, or not.
     *
     * @param reply its greeting, or what the client hears instead
     */
    default void connectEnded(Session session, Destination destination, Reply reply) {}

    /** MAIL is about to be relayed. */
    default void transactionStarted(Session session) {}

    /** MAIL was answered. */
    default void mail(Session session, MailFrom mail, Reply reply) {}

    /** A RCPT was answered. */
    default void rcpt(Transaction transaction, RcptTo rcpt, Reply reply) {}

    /**
     * The client hears a refusal: exactly one event for each, whoever refused. One that ends the session is told too. A
     * connection beyond {@code maxConnections} is told with a session that has neither start nor end.
     */
    default void refused(Session session, Refusal refusal) {}

    /** The transaction ended. */
    default void transactionEnded(Session session, Outcome outcome) {}

    /** The session ended. */
    default void sessionEnded(Session session) {}
}
