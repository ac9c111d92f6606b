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
 * proxyStarted
 *   sessionStarted
 *     tls, auth                           (each time one has ended)
 *     filterStarted .. filterEnded        (each call of a filter, within that of the filter before it)
 *     connectStarted .. connectEnded      (each time a destination is connected to)
 *     transactionStarted
 *       leased .. returned                (where connections are of a pool)
 *       mail, rcpt*, data                 (with the reply)
 *     transactionEnded
 *     command                             (each command, when its reply is written)
 *     opaqueStarted .. opaqueEnded        (once at most, at the end)
 *   sessionEnded
 * proxyClosed
 * </pre>
 *
 * <p>Between any two of these there is a {@code refused} for each refusal that the client gets, and an {@code observed} for
 * each that it would have got, a {@code verdict} for each that a filter reports, and a {@code throttled} for each delay
 * or refusal of a throttle; a {@code refused} stands alone for a connection beyond {@code maxConnections}.
 *
 * <p>Called on the session's thread; serves all sessions at once and must be thread-safe. What it throws, an error too, is
 * logged and dropped. Durations are not negative.
 */
public interface ProxyListener {

    /** A proxy serves; it may have sessions by now. On the thread that starts it. */
    default void proxyStarted(ProxyStatus proxy) {}

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

    /**
     * A filter is called. What this sets for the thread holds for the filter, and is to be taken back in {@link
     * #filterEnded}: that comes on the same thread, for the last call that started first.
     */
    default void filterStarted(Session session, FilterCall call) {}

    /**
     * A filter returned, or threw.
     *
     * @param call the object of {@link #filterStarted}
     * @param own how long it took, without what comes after it in the chain. Where it reads a message, or what the destination
     *     replied, that includes waiting for it
     */
    default void filterEnded(Session session, FilterCall call, Duration own) {}

    /**
     * The client and its destination speak TLS with each other from now on, and the proxy passes their octets unread:
     * neither filters nor throttles nor listeners see anything of what follows, and the proxy does not know what becomes of
     * it. Once in a session at most, its last event but {@link #opaqueEnded} and {@link #sessionEnded}.
     */
    default void opaqueStarted(Session session) {}

    /**
     * No more octets pass unread.
     *
     * @param fromClient octets that the client sent
     * @param fromDestination octets that the destination sent
     * @param duration since {@link #opaqueStarted}
     */
    default void opaqueEnded(Session session, long fromClient, long fromDestination, Duration duration) {}

    /** A destination is being connected to. */
    default void connectStarted(Session session, Destination destination) {}

    /**
     * The destination was reached, or not.
     *
     * @param reply its greeting, or what the client gets instead
     * @param duration from the start to the greeting
     */
    default void connectEnded(Session session, Destination destination, Reply reply, Duration duration) {}

    /** A transaction that asked a pool for a connection got one, or waited in vain. */
    default void leased(Session session, Lease lease) {}

    /**
     * A connection was given back to its pool, for another transaction or to be discarded.
     *
     * @param lease the object of {@link #leased}
     * @param used how long it was lent
     */
    default void returned(Session session, Lease lease, Duration used) {}

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

    /**
     * A throttle slowed or refused the client, or would have if it were not only observed: one event for each decision, and
     * none for what it lets go. Delays of octets are reported where the throttle gives a reason.
     */
    default void throttled(Session session, Throttled decision) {}

    /** The transaction ended. */
    default void transactionEnded(Transaction transaction, Outcome outcome) {}

    /**
     * A destination went into another state: it was ejected, returns, is up, drained or resumed. On whichever thread it
     * happened; that it is up again after it returned is reported when it is used next.
     */
    default void destinationChanged(DestinationStatus status) {}

    /** A connection of a pool is used no more. On the thread that noticed it. */
    default void discarded(Destination destination, Discard why) {}

    /** The session ended. */
    default void sessionEnded(Session session) {}

    /** A proxy was closed. Sessions that were broken off may end a little later. On the thread that closes it. */
    default void proxyClosed(ProxyStatus proxy) {}
}
