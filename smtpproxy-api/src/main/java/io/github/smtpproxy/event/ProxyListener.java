package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;

/**
 * Watches; it decides nothing. Each start has exactly one end:
 *
 * <pre>
 * sessionStarted
 *   tls, auth                             (each time one has ended)
 *   connectStarted .. connectEnded        (each time a destination is connected to)
 *   transactionStarted
 *     mail, rcpt*, data                   (with the reply)
 *   transactionEnded
 *   command                               (each command, when its reply is written)
 * sessionEnded
 * </pre>
 *
 * <p>Between any two of these there is a {@code refused} for each refusal that the client gets, and an {@code observed} for
 * each that it would have got, and a {@code verdict} for each that a filter tells; a {@code refused} stands alone for a
 * connection beyond {@code maxConnections}.
 *
 * <p>Called on the session's thread; serves all sessions at once and must be thread-safe. What it throws, an error too, is
 * logged and dropped. Durations are not negative.
 */
public interface ProxyListener {

    /** A client connected. */
    default void sessionStarted(Session session) {}

    /**
     * A TLS handshake with the client ended; {@code session.tls()} is empty if it failed.
     *
     * @param duration from its first octet, or from the reply to STARTTLS
     */
    default void tls(Session session, Duration duration) {}

    /**
     * A login of the client ended, at the proxy or at the destination. Who logged in at the proxy is in
     * {@code session.identity()}.
     *
     * @param mechanism as the client named it, in upper case
     * @param reply the result
     * @param duration from AUTH to the result, with the client's responses
     */
    default void auth(Session session, String mechanism, Reply reply, Duration duration) {}

    /** A destination is being connected to. */
    default void connectStarted(Session session, Destination destination) {}

    /**
     * The destination was reached, or not.
     *
     * @param reply its greeting, or what the client gets instead
     * @param duration from the start to the greeting
     */
    default void connectEnded(Session session, Destination destination, Reply reply, Duration duration) {}

    /** MAIL is about to be relayed. */
    default void transactionStarted(Transaction transaction) {}

    /** MAIL was answered. */
    default void mail(Transaction transaction, MailFrom mail, Reply reply) {}

    /** A RCPT was answered. One that was pipelined behind a MAIL that was refused is a {@code command} only. */
    default void rcpt(Transaction transaction, RcptTo rcpt, Reply reply) {}

    /**
     * The message was answered.
     *
     * @param duration from the beginning of the message, after 354 or with the first chunk
     */
    default void data(Transaction transaction, Reply reply, Duration duration) {}

    /**
     * A command was answered; 334 and 354 are not the end of one.
     *
     * @param verb as {@link Refusal#verb}
     * @param reply what the client gets
     * @param duration from the command to its reply
     */
    default void command(Session session, String verb, Reply reply, Duration duration) {}

    /**
     * The client gets a refusal: exactly one event for each, whoever refused, also for one that ends the session. A
     * connection beyond {@code maxConnections} comes with a session that has neither start nor end.
     */
    default void refused(Session session, Refusal refusal) {}

    /** A filter that is only observed would have refused. */
    default void observed(Session session, Refusal refusal) {}

    /** A filter found something out, whether it refuses or not; {@link Verdict#transaction()} tells about what. */
    default void verdict(Session session, Verdict verdict) {}

    /** The transaction ended. */
    default void transactionEnded(Transaction transaction, Outcome outcome) {}

    /**
     * A destination went into another state: it was ejected, returns, is up, drained or resumed. On whichever thread it
     * happened; that it is up again after it returned is told when it is used next.
     */
    default void destinationChanged(DestinationStatus status) {}

    /** A connection of a pool is used no more. On the thread that noticed it. */
    default void discarded(Destination destination, Discard why) {}

    /** The session ended. */
    default void sessionEnded(Session session) {}
}
