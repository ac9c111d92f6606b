package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Optional;

/** The chain behind a filter that is observed: the command goes on as it came, whatever the filter passes on. */
final class ObservedChain<C> implements TransactionChain<C> {

    private final C command;
    private final Chain<C> next;
    private Optional<Reply> reply = Optional.empty();

    ObservedChain(C command, Chain<C> next) {
        this.command = command;
        this.next = next;
    }

    @Override
    public Reply proceed(C changed) {
        if (reply.isPresent()) {
            throw new IllegalStateException("a filter may proceed once only");
        }
        return reply();
    }

    /** The reply to the command, which goes on now if it has not. */
    Reply reply() {
        if (reply.isEmpty()) {
            reply = Optional.of(next.proceed(command));
        }
        return reply.get();
    }

    /** Whether the filter returned the reply that it got, or a copy. One that is pending is not waited for if it is returned. */
    boolean isPassedOn(Reply returned) {
        return reply.filter(r -> r.equals(returned)).isPresent();
    }

    @Override
    public void observed(Refusal refusal) {
        next.observed(refusal);
    }

    @Override
    public void verdict(Verdict verdict) {
        next.verdict(verdict);
    }

    @Override
    public Session session() {
        return next.session();
    }

    @Override
    public Transaction transaction() {
        if (next instanceof TransactionChain<C> within) {
            return within.transaction();
        }
        throw new IllegalStateException("no transaction at this step");
    }
}
