package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
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
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A filter that does not decide. */
class ObservedFilter implements Filter {

    private static final Logger log = LoggerFactory.getLogger(Observe.class);

    private final Filter filter;

    ObservedFilter(Filter filter) {
        this.filter = filter;
    }

    @Override
    public Reply connect(Session session, Chain<Session> next) {
        return outside(new ObservedChain<>(session, next), "CONNECT", link -> filter.connect(session, link));
    }

    @Override
    public Reply hello(Hello hello, Chain<Hello> next) {
        String verb = hello.extended() ? "EHLO" : "HELO";
        return outside(new ObservedChain<>(hello, next), verb, link -> filter.hello(hello, link));
    }

    @Override
    public Reply auth(Auth auth, Chain<Auth> next) {
        return outside(new ObservedChain<>(auth, next), "AUTH", link -> filter.auth(auth, link));
    }

    @Override
    public Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
        return outside(new ObservedChain<>(command, next), command.verb(), link -> filter.unknown(command, link));
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        return within(new ObservedChain<>(mail, next), "MAIL", link -> filter.mail(mail, link));
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        ObservedChain<RcptTo> chain = new ObservedChain<>(rcpt, next);
        return run(chain, link -> filter.rcpt(rcpt, link), verdict -> {
            Refusal refusal = refusal("RCPT", verdict).recipient(rcpt);
            note(refusal, chain, chain.transaction());
        });
    }

    @Override
    public void ended(Transaction transaction, Outcome outcome) {
        filter.ended(transaction, outcome);
    }

    @Override
    public void ended(Session session) {
        filter.ended(session);
    }

    /** A step without a transaction. */
    private <C> Reply outside(ObservedChain<C> chain, String verb, Function<ObservedChain<C>, Reply> call) {
        return run(chain, call, verdict -> {
            Refusal refusal = refusal(verb, verdict);
            chain.session().attribute(Observe.VERDICT, refusal);
            chain.observed(refusal);
        });
    }

    /** A step within a transaction. */
    final <C> Reply within(ObservedChain<C> chain, String verb, Function<ObservedChain<C>, Reply> call) {
        return run(chain, call, verdict -> note(refusal(verb, verdict), chain, chain.transaction()));
    }

    private static void note(Refusal refusal, Chain<?> chain, Transaction transaction) {
        Refusal part = refusal.transaction(transaction);
        transaction.attribute(Observe.VERDICT, part);
        chain.observed(part);
    }

    private Refusal refusal(String verb, Reply verdict) {
        return Refusal.of(By.FILTER, name(), verb, verdict);
    }

    private <C> Reply run(ObservedChain<C> chain, Function<ObservedChain<C>, Reply> call, Consumer<Reply> refused) {
        try {
            Reply verdict = call.apply(chain);
            if (!chain.isPassedOn(verdict) && verdict.isRefusal()) {
                refused.accept(Reply.copyOf(verdict));
            }
        } catch (Throwable e) {
            log.error("{}: {}, which is observed, failed", chain.session().id(), name(), e);
        }
        return chain.reply();
    }

    private String name() {
        String simple = filter.getClass().getSimpleName();
        String name = simple.isEmpty() ? filter.getClass().getName() : simple;
        return name.substring(name.lastIndexOf('.') + 1);
    }
}
