package io.github.smtpproxy.internal.downstream;

/**
 * A downstream connection lent to one transaction, from before its MAIL to its end. A transaction knows its destination
 * through this alone: it may be the session's own connection or one that others use before and after. Used by the
 * session's thread.
 */
public interface Lease {

    /** The connection. Once it is lost it stays so; a lease gets no other. */
    Downstream downstream();

    /**
     * Names the client of the transaction for the destination's log, before its MAIL.
     *
     * @param transaction its name in our log
     */
    void announce(String transaction);

    /**
     * The transaction has ended. Where it is still open at the destination, {@link Downstream#reset} ends it, or the
     * connection is closed.
     */
    void release();

    /** The transaction is over, whatever became of it: a connection that is not the session's own is given back. */
    void ended();

    /** Whether it has been given back: others may use the connection, so nothing is done with it any more. */
    boolean isOver();

    /** Aborts: closes the connection, so that nothing of the transaction is left at the destination. */
    void close();
}
