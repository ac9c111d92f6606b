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
     * Passes the command on and gives the reply to it. To be called once at most, by the thread that called the filter and
     * before the filter returns.
     *
     * @param command the command, perhaps changed
     * @throws IllegalStateException at a second call, which counts as a failure of the filter; on another thread, or after
     *     the filter returned, where it does nothing else. Work that a filter gives to other threads is to be waited for, and
     *     the filter's own thread then proceeds
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
