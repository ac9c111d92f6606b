package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** Rules of one line: what does not fulfil a condition is refused with a reply of choice, 4xx or 5xx. */
public final class RefuseUnless {

    private RefuseUnless() {}

    /** A condition for clients, when they connect. */
    public static Filter client(Predicate<Session> condition, Reply refusal) {
        Objects.requireNonNull(condition, "condition");
        Rule<Session> rule = new Rule<>((session, same) -> condition.test(session), refusal);
        return new Filter() {
            @Override
            public Reply connect(Session session, Chain<Session> next) {
                return rule.apply(session, next);
            }
        };
    }

    /** A condition for EHLO and HELO. */
    public static Filter hello(BiPredicate<Session, Hello> condition, Reply refusal) {
        Rule<Hello> rule = new Rule<>(condition, refusal);
        return new Filter() {
            @Override
            public Reply hello(Hello hello, Chain<Hello> next) {
                return rule.apply(hello, next);
            }
        };
    }

    /** A condition for MAIL. */
    public static Filter sender(BiPredicate<Session, MailFrom> condition, Reply refusal) {
        Rule<MailFrom> rule = new Rule<>(condition, refusal);
        return new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                return rule.apply(mail, next);
            }
        };
    }

    /** A condition for each recipient. */
    public static Filter recipient(BiPredicate<Session, RcptTo> condition, Reply refusal) {
        Rule<RcptTo> rule = new Rule<>(condition, refusal);
        return new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                return rule.apply(rcpt, next);
            }
        };
    }

    /** A condition for messages. */
    public static ContentFilter message(BiPredicate<Session, Message> condition, Reply refusal) {
        Rule<Message> rule = new Rule<>(condition, refusal);
        return new ContentFilter() {
            @Override
            public Reply data(Message message, TransactionChain<Message> next) {
                return rule.apply(message, next);
            }
        };
    }

    private record Rule<C>(BiPredicate<Session, C> condition, Reply refusal) {

        Rule {
            Objects.requireNonNull(condition, "condition");
            Objects.requireNonNull(refusal, "refusal");
            if (!refusal.isRefusal()) {
                throw new IllegalArgumentException("refusal must be 4xx or 5xx, was " + refusal);
            }
        }

        Reply apply(C command, Chain<C> next) {
            return condition.test(next.session(), command) ? next.proceed(command) : refusal;
        }
    }
}
