package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.List;
import java.util.function.Consumer;

/** Filters that take their turn at each step. */
class Together implements Filter {

    private final List<Filter> parts;

    Together(List<Filter> parts) {
        this.parts = parts;
    }

    @Override
    public Reply connect(Session session, Chain<Session> next) {
        return new Turn<>(parts, Filter::connect, next).proceed(session);
    }

    @Override
    public Reply hello(Hello hello, Chain<Hello> next) {
        return new Turn<>(parts, Filter::hello, next).proceed(hello);
    }

    @Override
    public Reply auth(Auth auth, Chain<Auth> next) {
        return new Turn<>(parts, Filter::auth, next).proceed(auth);
    }

    @Override
    public Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
        return new Turn<>(parts, Filter::unknown, next).proceed(command);
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        return new Turn<>(parts, Filter::mail, next).proceed(mail);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return new Turn<>(parts, Filter::rcpt, next).proceed(rcpt);
    }

    @Override
    public void ended(Transaction transaction, Outcome outcome) {
        ended(0, part -> part.ended(transaction, outcome));
    }

    @Override
    public void ended(Session session) {
        ended(0, part -> part.ended(session));
    }

    /** What one throws does not keep it from the others. */
    private void ended(int from, Consumer<Filter> call) {
        if (from < parts.size()) {
            try {
                call.accept(parts.get(from));
            } finally {
                ended(from + 1, call);
            }
        }
    }
}
