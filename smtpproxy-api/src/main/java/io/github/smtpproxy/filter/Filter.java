package io.github.smtpproxy.filter;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;

/**
 * Decides about each step of a session. A method returns a refusal, or proceeds (perhaps with a changed command) and
 * returns the reply. Each step passes the filters in the order in which they were given to the builder. One that is to see
 * messages is a {@link ContentFilter}.
 *
 * <p>Only the destination accepts: a method that returns a 2xx without having proceeded, returns null, proceeds twice or
 * throws, an error too, is answered {@code 451 4.3.0} and logged; one that throws after a refusal, with that refusal.
 * To a RCPT that the destination accepted a filter must return the destination's own reply; if it does not, the client
 * gets 451 and the whole transaction is given up.
 *
 * <p>A filter serves all sessions at once and must be thread-safe; one session calls it from one thread, the only one
 * that may proceed.
 */
public interface Filter {

    /** The client connected. The reply is the greeting; after 4xx the session ends, after 5xx with QUIT. */
    default Reply connect(Session session, Chain<Session> next) {
        return next.proceed(session);
    }

    /** EHLO or HELO. The reply lists the extensions; those that a filter adds are not offered. */
    default Reply hello(Hello hello, Chain<Hello> next) {
        return next.proceed(hello);
    }

    /**
     * AUTH, before its exchange. A filter may refuse it; what it passes on goes on as the client sent it. The reply is the
     * first one, often {@code 334}; the result is an event ({@code ProxyListener.auth}), and {@code Session.authenticated()}
     * has it later.
     */
    default Reply auth(Auth auth, Chain<Auth> next) {
        return next.proceed(auth);
    }

    /** MAIL, with which a transaction begins. */
    default Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        return next.proceed(mail);
    }

    /** RCPT, once for each recipient. */
    default Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return next.proceed(rcpt);
    }

    /**
     * A command that has no method here and is relayed: VRFY, EXPN, NOOP, HELP, and those that the proxy does not know. What
     * a filter passes on goes on as the client sent it.
     */
    default Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
        return next.proceed(command);
    }

    /**
     * A transaction ended: called once for each whose MAIL came to the filters, also where one of them refused it. What it
     * throws is logged and dropped.
     */
    default void ended(Transaction transaction, Outcome outcome) {}

    /**
     * A session ended, or another client goes on with it (XCLIENT): called once for each connect that came to the filters,
     * when the session's attributes are still there and its last transaction has ended. What it throws is logged and dropped.
     */
    default void ended(Session session) {}
}
