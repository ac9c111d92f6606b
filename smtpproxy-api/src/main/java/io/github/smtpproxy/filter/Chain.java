package io.github.smtpproxy.filter;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;

/**
 * What comes after a filter: the further filters, then the destination.
 *
 * @param <C> the command that is passed on
 */
public interface Chain<C> {

    /**
     * Passes the command on and gives the reply to it. To be called once at most; a second call throws
     * {@link IllegalStateException} and counts as a failure of the filter.
     *
     * @param command the command, perhaps changed
     */
    Reply proceed(C command);

    /** The session. */
    Session session();

    /**
     * The running transaction.
     *
     * @throws IllegalStateException in connect, hello and mail, where there is none yet
     */
    Transaction transaction();
}
