package io.github.smtpproxy.filter;

import io.github.smtpproxy.session.Transaction;

/**
 * What comes after a filter within a transaction.
 *
 * @param <C> the command that is passed on
 */
public interface TransactionChain<C> extends Chain<C> {

    /** The running transaction. */
    Transaction transaction();
}
