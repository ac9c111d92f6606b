package io.github.smtpproxy.filter;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;

/**
 * Decides about each step of a session. A method returns a refusal, or proceeds (perhaps with a changed command) and
 * returns the reply. Each step passes the filters in the order in which they were given to the builder.
 *
 * <p>Only the destination accepts: a method that returns a 2xx without having proceeded, returns null, proceeds twice or
 * throws, an error too, is answered {@code 451 4.3.0} and logged; one that throws behind a refusal, with that refusal.
 * To a RCPT that the destination accepted a filter must return the destination's own reply; if it does not, the client
 * hears 451 and the whole transaction is given up. Once the destination has answered the end of data, that answer stands.
 *
 * <p>A filter serves all sessions at once and must be thread-safe; one session calls it from one thread, the only one
 * that may proceed. A filter that overrides {@link #data} makes the proxy read the header section before it opens the
 * destination's DATA.
 */
public interface Filter {

    /** The client connected. The reply is the greeting; behind 4xx the session ends, behind 5xx with QUIT. */
    default Reply connect(Session session, Chain<Session> next) {
        return next.proceed(session);
    }

    /** EHLO or HELO. The reply lists the extensions; those that a filter adds are not offered. */
    default Reply hello(Hello hello, Chain<Hello> next) {
        return next.proceed(hello);
    }

    /** MAIL. */
    default Reply mail(MailFrom mail, Chain<MailFrom> next) {
        return next.proceed(mail);
    }

    /** RCPT, once for each recipient. */
    default Reply rcpt(RcptTo rcpt, Chain<RcptTo> next) {
        return next.proceed(rcpt);
    }

    /** The message: its header section is there, its body still on its way. The reply is the one to the end of data. */
    default Reply data(Message message, Chain<Message> next) {
        return next.proceed(message);
    }
}
