package io.github.smtpproxy.model;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.util.function.Supplier;

/** Host code that does with each command what its mailbox says: {@code refused-M1@...} is refused. */
final class Fate {

    private static final Reply REFUSED = Reply.reject("5.7.1", "refused by a filter");

    private Fate() {}

    /** Whether host code let nothing of this pass. */
    static boolean isBad(String subject) {
        return !subject.isEmpty() && !subject.startsWith("good-") && !subject.startsWith("client.");
    }

    static Reply of(String subject, Supplier<Reply> proceed) {
        if (subject.startsWith("refused")) {
            return REFUSED;
        }
        Reply reply = proceed.get();
        if (subject.startsWith("undone")) {
            return REFUSED;
        }
        if (subject.startsWith("broken")) {
            throw new AssertionError("a filter that fails behind proceed");
        }
        return reply;
    }

    /** Around the commands of the envelope. */
    static class OfCommands implements Filter {
        @Override
        public Reply hello(Hello hello, Chain<Hello> next) {
            return Fate.of(hello.name(), () -> next.proceed(hello));
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return Fate.of(mail.sender().map(Object::toString).orElse(""), () -> next.proceed(mail));
        }

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            return Fate.of(rcpt.recipient().toString(), () -> next.proceed(rcpt));
        }
    }

    /** Around messages: what their X-Fate field says. */
    record OfMessages(Look look) implements ContentFilter {
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            String fate = message.headers().first("X-Fate").orElse("");
            Message passed = look.at(message);
            return switch (fate) {
                case "refused" -> REFUSED;
                case "broken" -> throw new AssertionError("a filter that fails");
                case "broken-late" -> {
                    next.proceed(passed);
                    throw new AssertionError("a filter that fails behind the destination's answer");
                }
                default -> next.proceed(passed);
            };
        }
    }

    /** What a filter does with a message that it lets pass. */
    interface Look {
        Message at(Message message);
    }

    static Throttle throttle() {
        return step -> {
            String subject = "";
            if (step instanceof Step.Mail mail) {
                subject = mail.mail().sender().map(Object::toString).orElse("");
            } else if (step instanceof Step.Rcpt rcpt) {
                subject = rcpt.rcpt().recipient().toString();
            }
            return subject.startsWith("throttled")
                    ? Pace.refuse(Reply.defer("4.7.1", "refused by a throttle"))
                    : Pace.go();
        };
    }
}
