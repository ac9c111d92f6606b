package io.github.smtpproxy.filter;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;

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
     *     the filter returned, where it does nothing else. A filter that gives work to other threads waits for it and then
     *     proceeds on its own thread
     */
    Reply proceed(C command);

    /**
     * Reports to the listeners a refusal that does not take place ({@code ProxyListener.observed}): the client does not
     * notice it, and the command goes on.
     */
    void observed(Refusal refusal);

    /**
     * Keeps what the filter found out, whether it refuses or not: as one of the {@code Verdicts} of the transaction, or of the
     * session outside of one, in the line that the log has of the transaction, and as an event
     * ({@code ProxyListener.verdict}). On the session's own thread.
     */
    void verdict(Verdict verdict);

    /** The session. */
    Session session();
}
