package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.List;

/** The chain before one of several filters: that filter, those after it, then what comes after all of them. */
final class Turn<F, C> implements TransactionChain<C> {

    private final List<? extends F> filters;
    private final Step<F, C> step;
    private final Chain<C> last;
    private boolean passed;

    /** A step of filters; outside of a transaction its chain has none. */
    interface Step<F, C> {
        Reply of(F filter, C command, TransactionChain<C> next);
    }

    /** @param last what comes after all of them */
    Turn(List<? extends F> filters, Step<F, C> step, Chain<C> last) {
        this.filters = filters;
        this.step = step;
        this.last = last;
    }

    @Override
    public Reply proceed(C command) {
        if (passed) {
            throw new IllegalStateException("a filter may proceed once only");
        }
        passed = true;
        return filters.isEmpty()
                ? last.proceed(command)
                : step.of(filters.get(0), command, new Turn<>(filters.subList(1, filters.size()), step, last));
    }

    @Override
    public void observed(Refusal refusal) {
        last.observed(refusal);
    }

    @Override
    public void verdict(Verdict verdict) {
        last.verdict(verdict);
    }

    @Override
    public Session session() {
        return last.session();
    }

    @Override
    public Transaction transaction() {
        if (last instanceof TransactionChain<C> within) {
            return within.transaction();
        }
        throw new IllegalStateException("no transaction at this step");
    }
}
