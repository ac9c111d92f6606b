package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One session with one milter, and what becomes of its answers. Used on the session's own thread. */
final class MilterTalk {

    private static final Logger log = LoggerFactory.getLogger(AskMilter.class);

    private static final Reply MISCONFIGURED = Reply.defer("4.3.5", "Server configuration problem - try again later");

    private final Session session;
    private final MilterSettings settings;
    private final MilterPolicy policy;
    private final MilterSession milter;
    private Optional<String> mechanism = Optional.empty();
    private Optional<MilterTransaction> running = Optional.empty();
    /** The client could not be reported to it, which counts for the next transaction. */
    private boolean missed;
    /** The refusal of that transaction, if it is refused. */
    private Optional<Reply> missing = Optional.empty();

    /** Something that is sent to the milter. */
    private interface Question {
        MilterAnswer ask() throws IOException;
    }

    MilterTalk(Session session, MilterSettings settings, MilterPolicy policy) {
        this.session = session;
        this.settings = settings;
        this.policy = policy;
        this.milter = new MilterSession(settings, session);
    }

    /** The client logs in by this mechanism, or tries to. */
    void auth(String by) {
        mechanism = Optional.of(by);
    }

    private Macros macros() {
        return Macros.of(session, settings.hostname(), mechanism);
    }

    private Macros macros(MilterTransaction transaction, MailFrom mail) {
        return macros().transaction(transaction.transaction().id(), mail);
    }

    /** The client connected; the refusal of all that it will send, if it is refused. */
    Optional<Reply> connect(Chain<Session> next) {
        return aboutSession(Stage.CONNECT, next, () -> milter.connect(macros()));
    }

    /** EHLO or HELO; the refusal of all that the client will send, if it is refused. */
    Optional<Reply> hello(Hello hello, Chain<Hello> next) {
        return aboutSession(Stage.HELO, next, () -> milter.hello(hello, macros()));
    }

    private Optional<Reply> aboutSession(Stage stage, Chain<?> next, Question question) {
        if (missed || milter.verdict().isPresent()) {
            return missed ? missing : refusal();
        }
        long began = System.nanoTime();
        try {
            MilterAnswer answer = ask(question);
            note(answer, stage, next, began);
            return refusal();
        } catch (IOException e) {
            missed = true;
            missing = down(e, session.id(), next, began);
            return missing;
        }
    }

    /** That of the whole session. */
    private Optional<Reply> refusal() {
        return milter.verdict()
                .filter(MilterAnswer.Refuse.class::isInstance)
                .map(answer -> ((MilterAnswer.Refuse) answer).reply());
    }

    private MilterAnswer ask(Question question) throws IOException {
        MilterAnswer answer = question.ask();
        milter.rest();
        return answer;
    }

    /** An unknown command. */
    Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
        boolean over = milter.verdict().isPresent()
                || running.filter(MilterTransaction::isDecided).isPresent();
        if (over) {
            return next.proceed(command);
        }
        long began = System.nanoTime();
        try {
            MilterAnswer answer = ask(() -> milter.unknown(command, macros()));
            note(answer, Stage.UNKNOWN, next, began);
            if (answer == MilterAnswer.ACCEPT) {
                running.ifPresent(MilterTransaction::pass);
            }
            return answer instanceof MilterAnswer.Refuse refuse ? refuse.reply() : next.proceed(command);
        } catch (IOException e) {
            Optional<Reply> reply = down(e, session.id(), next, began);
            running.ifPresent(t -> reply.ifPresentOrElse(t::refuse, t::pass));
            return reply.orElseGet(() -> next.proceed(command));
        }
    }

    /** A transaction of which nothing is sent to the milter. */
    void exempt(Transaction transaction) {
        MilterTransaction begun = new MilterTransaction(transaction);
        begun.pass();
        running = Optional.of(begun);
    }

    /** MAIL. A refusal at connect or HELO is for the recipients, and so is a failure there. */
    Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        MilterTransaction begun = new MilterTransaction(next.transaction());
        running = Optional.of(begun);
        if (missed || milter.verdict().isPresent()) {
            return held(begun, () -> next.proceed(mail));
        }
        return decide(Stage.MAIL, begun, next, () -> milter.mail(mail, macros(begun, mail)), () -> next.proceed(mail));
    }

    private Reply held(MilterTransaction begun, Supplier<Reply> goOn) {
        Optional<Reply> refusal = missed ? missing : refusal();
        missed = false;
        refusal.ifPresentOrElse(begun::refuse, begun::pass);
        return goOn.get();
    }

    /** RCPT. */
    Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        MilterTransaction part = running.orElseThrow();
        if (part.isDecided()) {
            return part.refusal().orElseGet(() -> next.proceed(rcpt));
        }
        Macros macros = macros(part, next.transaction().mail());
        return decide(
                Stage.RCPT,
                part,
                next,
                () -> milter.rcpt(rcpt, macros.recipient(rcpt)),
                () -> passOn(rcpt, macros, part, next));
    }

    /** A milter that wants to know it gets a recipient that others refused. It decides nothing about that. */
    private Reply passOn(RcptTo rcpt, Macros macros, MilterTransaction part, TransactionChain<RcptTo> next) {
        Reply reply = next.proceed(rcpt);
        part.sent(rcpt, reply);
        if (!part.isDecided() && milter.wantsRejectedRecipients() && reply.isRefusal()) {
            long began = System.nanoTime();
            try {
                ask(() -> milter.rcpt(rcpt, macros.refused(rcpt, reply)));
            } catch (IOException e) {
                down(e, part.transaction().id(), next, began).ifPresentOrElse(part::refuse, part::pass);
            }
        }
        return reply;
    }

    /** The message. */
    Reply data(Message message, TransactionChain<Message> next) {
        MilterTransaction part = running.orElseThrow();
        if (part.refusal().isPresent()) {
            return part.refusal().get();
        }
        Optional<Agreement> agreed = milter.agreed().filter(a -> !part.isDecided());
        if (agreed.isEmpty()) {
            return next.proceed(routed(message, part));
        }
        if (policy.isBounded() && !message.keepUpTo(policy.largest())) {
            return tooLarge(message, part, next);
        }
        try (Changes changes = new Changes(message, agreed.get(), part::passedOn)) {
            return decide(
                    Stage.END_OF_MESSAGE,
                    part,
                    next,
                    () -> milter.message(message.content(), changes, macros(part, message.mail())),
                    () -> next.proceed(routed(changed(changes, part), part)));
        }
    }

    private static Message routed(Message message, MilterTransaction part) {
        return part.route().map(message::routedTo).orElse(message);
    }

    private Message changed(Changes changes, MilterTransaction part) {
        Message changed = changes.apply();
        if (changes.quarantine().isEmpty()) {
            return changed;
        }
        String why = changes.quarantine().get();
        part.transaction().attribute(AskMilter.QUARANTINE, why);
        Headers marked = changed.headers()
                .without(AskMilter.QUARANTINE_FIELD)
                .prepend(AskMilter.QUARANTINE_FIELD, why.isEmpty() ? "milter" : why);
        Message quarantined = changed.withHeaders(marked);
        return policy.quarantine().map(quarantined::routedTo).orElse(quarantined);
    }

    private Reply tooLarge(Message message, MilterTransaction part, TransactionChain<Message> next) {
        String id = part.transaction().id();
        Decision decision = switch (policy.whenTooLarge()) {
            case PASS -> Decision.PASS;
            case DEFER -> Decision.DEFER;
            case REFUSE -> Decision.REFUSE;
        };
        next.verdict(verdict(decision, "too large"));
        String text = "Message is too large to be looked at (" + id + ")";
        return switch (policy.whenTooLarge()) {
            case PASS -> next.proceed(message);
            case DEFER -> Reply.defer("4.7.1", text);
            case REFUSE -> Reply.refusal(552, "5.3.4", text);
        };
    }

    private Reply decide(
            Stage stage, MilterTransaction part, TransactionChain<?> next, Question question, Supplier<Reply> goOn) {
        long began = System.nanoTime();
        MilterAnswer answer;
        try {
            answer = ask(question);
        } catch (IOException e) {
            Optional<Reply> reply = down(e, part.transaction().id(), next, began);
            reply.ifPresentOrElse(part::refuse, part::pass);
            return reply.orElseGet(goOn);
        }
        note(answer, stage, next, began);
        return milter.verdict().isPresent() ? held(part, goOn) : carryOut(answer, stage, part, goOn);
    }

    private Reply carryOut(MilterAnswer answer, Stage stage, MilterTransaction part, Supplier<Reply> goOn) {
        if (answer instanceof MilterAnswer.Refuse refuse) {
            if (stage != Stage.RCPT) {
                part.refuse(refuse.reply());
            }
            return refuse.reply();
        }
        if (answer == MilterAnswer.DISCARD && policy.onDiscard().target().isEmpty()) {
            part.refuse(MilterAnswer.REJECT);
            return MilterAnswer.REJECT;
        }
        if (answer == MilterAnswer.DISCARD) {
            part.routeTo(policy.onDiscard().target().orElseThrow());
        } else if (answer == MilterAnswer.ACCEPT) {
            part.pass();
        }
        return goOn.get();
    }

    private Optional<Reply> down(IOException failure, String id, Chain<?> next, long began) {
        log.warn("{}: milter {} cannot be asked: {}", id, milter.address(), Printable.of(failure.toString()));
        milter.drop();
        boolean passes = policy.whenDown() == WhenDown.PASS;
        next.verdict(verdict(passes ? Decision.PASS : Decision.DEFER, "down").took(since(began)));
        Reply reply = failure instanceof NegotiationException ? MISCONFIGURED : MilterAnswer.TEMPFAIL;
        return passes ? Optional.empty() : Optional.of(reply);
    }

    /** Reports what ends the milter's part in the session, the transaction or a command, and each message. */
    private void note(MilterAnswer answer, Stage stage, Chain<?> next, long began) {
        if (answer.goesOn() && stage != Stage.END_OF_MESSAGE) {
            return;
        }
        boolean lost =
                answer == MilterAnswer.DISCARD && policy.onDiscard().target().isEmpty();
        Decision decision = lost ? Decision.REFUSE : Decision.PASS;
        if (answer instanceof MilterAnswer.Refuse refuse) {
            decision = refuse.reply().isPermanent() ? Decision.REFUSE : Decision.DEFER;
        }
        next.verdict(verdict(decision, answer.word() + " at " + stage).took(since(began)));
    }

    private Verdict verdict(Decision decision, String rule) {
        return Verdict.of("AskMilter", decision).rule(rule + " by " + milter.address());
    }

    private static Duration since(long began) {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** The transaction is over. */
    void ended() {
        running = Optional.empty();
        try {
            milter.abort();
        } catch (IOException gone) {
            // noticed at the next MAIL
            milter.drop();
        }
    }

    /** The session is over. */
    void left() {
        milter.leave();
    }
}
