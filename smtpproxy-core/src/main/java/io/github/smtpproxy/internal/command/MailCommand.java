package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.relay.RelayTransaction;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.util.Optional;

/** MAIL (RFC 5321 §4.1.1.2): begins a transaction, and relays. */
final class MailCommand implements Command {

    @Override
    public boolean mayRunAhead(RelaySession session) {
        return session.transaction().isEmpty();
    }

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        Optional<RelayTransaction> running = session.transaction();
        if (running.isPresent()) {
            // where it is refused, or its connection was given back, the destination would begin another one
            boolean unknownThere = running.get().isRefused() || !running.get().isOpen();
            return unknownThere ? Replies.NESTED_MAIL : session.outOfOrder(line.text(), Replies.NESTED_MAIL);
        }
        CommandSyntax.Read<MailFrom> read =
                CommandSyntax.mail(line.text(), session.state().offered());
        if (read.refusal().isPresent()) {
            return refuse(line, read.refusal().get(), session);
        }
        return read.command().isPresent() ? mail(read.command().get(), session) : unreadable(line, session);
    }

    private static Reply mail(MailFrom mail, RelaySession session) {
        Step.Mail step = new Step.Mail(session.state(), mail);
        Optional<Reply> refusal = session.pacing().before(step);
        if (refusal.isPresent()) {
            session.transactions().refuseMail();
            return refusal.get();
        }
        return session.begin(step).mail(mail);
    }

    /**
     * The destination refuses in its own words what the proxy cannot read. If it accepts, the transaction that no filter has
     * seen is undone. For RCPT this cannot be: what was accepted before would be undone with it.
     */
    private static Reply unreadable(CommandLine line, RelaySession session) {
        Optional<Downstream> destination = session.destination();
        Reply reply = destination
                .map(d -> session.failures().reply(d.ask(line.text())))
                .orElse(Replies.SYNTAX);
        if (reply.isPositive()) {
            destination.ifPresent(Downstream::reset);
        }
        if (destination.isEmpty() || !reply.isRefusal()) {
            session.transactions().refuseMail();
        }
        return reply.isRefusal() ? reply : Replies.SYNTAX;
    }

    @Override
    public Reply refuse(CommandLine line, Reply refusal, RelaySession session) {
        session.transactions().refuseMail();
        return refusal;
    }
}
