package io.github.smtpproxy.event;

import io.github.smtpproxy.session.Transaction;
import java.util.Objects;
import java.util.Optional;

/** One call of a filter, for one step of a session. Immutable. */
public final class FilterCall {

    private final String filter;
    private final String step;
    private final Optional<Transaction> transaction;

    private FilterCall(String filter, String step, Optional<Transaction> transaction) {
        this.filter = filter;
        this.step = step;
        this.transaction = transaction;
    }

    /**
     * A call outside of a transaction.
     *
     * @param filter see {@link #filter}
     * @param step see {@link #step}
     */
    public static FilterCall of(String filter, String step) {
        Objects.requireNonNull(filter, "filter");
        Objects.requireNonNull(step, "step");
        return new FilterCall(filter, step, Optional.empty());
    }

    /** Which filter: the simple name of its class. */
    public String filter() {
        return filter;
    }

    /**
     * For which step it was called, in upper case: {@code CONNECT}, {@code EHLO} (for HELO too), {@code AUTH}, {@code MAIL},
     * {@code RCPT}, {@code DATA} (for BDAT too), or {@code OTHER}.
     */
    public String step() {
        return step;
    }

    /** The transaction that the step is part of; empty where there is none. */
    public Optional<Transaction> transaction() {
        return transaction;
    }

    /** This as part of a transaction. */
    public FilterCall transaction(Transaction value) {
        Objects.requireNonNull(value, "transaction");
        return new FilterCall(filter, step, Optional.of(value));
    }

    /** As in {@code RefuseListed at RCPT}. */
    @Override
    public String toString() {
        return filter + " at " + step;
    }
}
