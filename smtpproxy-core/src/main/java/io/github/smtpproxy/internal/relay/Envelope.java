package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.util.Optional;

/** MAIL and RCPT: the throttles, the filters, the route, and the destination's answer. */
final class Envelope {

    private static final String NOBODY = "<>";

    private final Conversation conversation;
    private final Relay relay;
    private final SessionState session;
    private final SessionDownstream leg;
    /** What the destination said to the command at hand, if it has heard of it. */
    private Optional<Reply> theirs = Optional.empty();

    Envelope(Conversation conversation) {
        this.conversation = conversation;
        this.relay = conversation.relay;
        this.session = conversation.session;
        this.leg = conversation.leg;
    }

    void mail(String line) throws IOException {
        if (conversation.transaction().filter(RelayTransaction::givenUp).isPresent()) {
            // the destination has been told RSET, and would begin another transaction
            conversation.owe(Replies.NESTED_MAIL);
            return;
        }
        if (conversation.transaction().isPresent()) {
            conversation.outOfOrder(line, Replies.NESTED_MAIL);
            return;
        }
        CommandSyntax.Read<MailFrom> read = CommandSyntax.mail(line, session.offered());
        if (read.refusal().isPresent()) {
            conversation.owe(read.refusal().get());
            conversation.standing.mailRefused();
            return;
        }
        if (read.command().isEmpty()) {
            unreadable(line);
            return;
        }
        Step.Mail step = new Step.Mail(session, read.command().get());
        Optional<Reply> refused = conversation.pace(step);
        if (refused.isPresent()) {
            conversation.owe(refused.get());
            conversation.standing.mailRefused();
        } else {
            mail(conversation.begin(step));
        }
    }

    /**
     * The destination refuses in its own words what nobody here can read; should it read it, the transaction that no
     * filter has seen is undone. For RCPT that cannot be: what was accepted before would be undone with it.
     */
    private void unreadable(String line) throws IOException {
        conversation.settle();
        Optional<Downstream> destination = conversation.closing() ? Optional.empty() : conversation.destination();
        Reply reply =
                destination.map(d -> conversation.failures.reply(d.ask(line))).orElse(Replies.SYNTAX);
        if (reply.isPositive()) {
            leg.get().reset();
        }
        conversation.owe(reply.isRefusal() ? reply : Replies.SYNTAX);
        if (destination.isEmpty() || !reply.isRefusal()) {
            conversation.standing.mailRefused();
        }
    }

    private void mail(RelayTransaction transaction) {
        theirs = Optional.empty();
        Reply reply = relay.filters()
                .run(
                        new Filters.Pass<>(
                                Filter::mail,
                                session,
                                Optional.empty(),
                                Filters.Undo.BY_GIVING_UP,
                                () -> conversation.giveUp(transaction)),
                        transaction.mail(),
                        mail -> transmit(transaction, mail));
        conversation.owe(reply, known -> {
            relay.listeners().notify(session, "mail", l -> l.mail(session, transaction.mail(), known));
            if (!known.isPositive()) {
                conversation.end(transaction, OwnReply.resultOfMail(known), known);
            }
        });
        if (isOurs(reply)) {
            conversation.standing.mailRefused();
        }
    }

    /** Whether it is a refusal of the proxy, in the place of what the destination said or would have. Waits for nothing. */
    private boolean isOurs(Reply reply) {
        return PendingReply.isKnown(reply)
                && reply.isRefusal()
                && theirs.filter(Reply::isRefusal).isEmpty();
    }

    private Reply pipeline(String line) {
        Reply reply = conversation.failures.reply(leg.get().pipeline(line));
        theirs = Optional.of(reply);
        return reply;
    }

    private Reply transmit(RelayTransaction transaction, MailFrom mail) {
        transaction.mail(mail);
        Route route = conversation
                .home()
                .<Route>map(Route::to)
                .orElseGet(() -> relay.routing().route(session, r -> r.mail(session, mail)));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (route instanceof Route.To to) {
            transaction.routed(to.target().destinations().get(0));
            return conversation.ensure(to.target().destinations().get(0)).orElseGet(() -> {
                transaction.open();
                return say(transaction, mail);
            });
        }
        return Reply.of(250, "2.1.0 Ok");
    }

    private Reply say(RelayTransaction transaction, MailFrom mail) {
        leg.lease().announce(transaction.id());
        return pipeline(sent(conversation, transaction, mail).wireLine());
    }

    /** MAIL as it is sent to the destination. */
    static MailFrom sent(Conversation conversation, RelayTransaction transaction, MailFrom mail) {
        Parameters clients = transaction.step().mail().parameters();
        return mail.withParameters(identity(conversation, clients, mail.parameters()));
    }

    /**
     * Where the login is ours, here or at the destination, what the client says of the sender's (RFC 4954 §5) would go on in
     * our name: nobody has checked it. To a server without AUTH it means nothing. What a filter says is the host's word.
     */
    private static Parameters identity(Conversation conversation, Parameters clients, Parameters passedOn) {
        Downstream downstream = conversation.leg.get();
        boolean ours = conversation.relay.endpoint().authenticator().isPresent()
                || downstream.destination().credentials().isPresent();
        if (!ours || !passedOn.has("AUTH")) {
            return passedOn;
        }
        if (!downstream.extensions().has("AUTH")) {
            return passedOn.without("AUTH");
        }
        Optional<String> value = passedOn.value("AUTH");
        boolean claimed = clients.has("AUTH") && clients.value("AUTH").equals(value);
        return claimed && value.filter(NOBODY::equals).isEmpty() ? passedOn.replace("AUTH=" + NOBODY) : passedOn;
    }

    void rcpt(String line) throws IOException {
        if (conversation.transaction().isEmpty()) {
            conversation.needMail(line);
            return;
        }
        RelayTransaction transaction = conversation.transaction().get();
        transaction.recipientAsked();
        CommandSyntax.Read<RcptTo> read = CommandSyntax.rcpt(line, session.offered());
        Optional<RcptTo> parsed = read.command();
        if (parsed.isEmpty()) {
            conversation.owe(read.refusal().orElse(Replies.SYNTAX), transaction::recipientAnswered);
            return;
        }
        Optional<Reply> refused =
                refused(transaction, line).or(() -> conversation.pace(new Step.Rcpt(transaction, parsed.get())));
        if (refused.isPresent()) {
            transaction.recipientRefusedHere();
            conversation.refuse(refused.get(), transaction::recipientAnswered);
        } else {
            rcpt(transaction, parsed.get());
        }
    }

    /** It is refused without being looked at. */
    void refuseRcpt(Reply reply) {
        Optional<RelayTransaction> transaction = conversation.transaction();
        transaction.ifPresent(RelayTransaction::recipientAsked);
        transaction.ifPresent(RelayTransaction::recipientRefusedHere);
        conversation.refuse(reply, known -> transaction.ifPresent(t -> t.recipientAnswered(known)));
    }

    private void rcpt(RelayTransaction transaction, RcptTo rcpt) {
        RcptTo[] passedOn = {rcpt};
        theirs = Optional.empty();
        Reply reply = relay.filters()
                .run(
                        new Filters.Pass<>(
                                Filter::rcpt,
                                session,
                                Optional.of(transaction),
                                Filters.Undo.BY_GIVING_UP,
                                () -> conversation.giveUp(transaction)),
                        rcpt,
                        changed -> {
                            passedOn[0] = changed;
                            return transmit(transaction, changed);
                        });
        transaction.asked(passedOn[0], reply);
        boolean ours = isOurs(reply);
        if (ours) {
            transaction.recipientRefusedHere();
        }
        conversation.owe(reply, known -> {
            transaction.recipientAnswered(known);
            relay.listeners().notify(session, "rcpt", l -> l.rcpt(transaction, passedOn[0], known));
            if (ours && known.code() == 421) {
                conversation.end(transaction, Result.REFUSED, known);
            }
        });
    }

    private Optional<Reply> refused(RelayTransaction transaction, String line) {
        if (transaction.givenUp()) {
            return Optional.of(Replies.FAILED);
        }
        if (transaction.recipientsPassedOn() >= relay.endpoint().maxRecipients()) {
            return Optional.of(Replies.TOO_MANY_RECIPIENTS);
        }
        return transaction.hasRoomFor(line.length()) ? Optional.empty() : Optional.of(Replies.NO_MEMORY);
    }

    private Reply transmit(RelayTransaction transaction, RcptTo rcpt) {
        if (transaction.routed()) {
            return pipeline(rcpt.wireLine());
        }
        Route route = relay.routing().route(session, r -> r.rcpt(session, transaction.mail(), rcpt));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (!(route instanceof Route.To to)) {
            return Replies.NO_ROUTE;
        }
        if (transaction.destination().isEmpty()) {
            Optional<Reply> refused =
                    openLate(transaction, to.target().destinations().get(0));
            if (refused.isPresent()) {
                return refused.get();
            }
        }
        return transaction.destination().get().equals(to.target().destinations().get(0))
                ? pipeline(rcpt.wireLine())
                : Replies.ELSEWHERE;
    }

    /** The route is known now: the destination hears what the proxy has answered for it so far. */
    private Optional<Reply> openLate(RelayTransaction transaction, Destination destination) {
        Optional<Reply> failed = conversation.ensure(destination);
        if (failed.isPresent()) {
            return failed;
        }
        Reply reply = say(transaction, transaction.mail());
        if (!reply.isPositive()) {
            return Optional.of(reply);
        }
        transaction.destination(destination);
        transaction.open();
        return Optional.empty();
    }
}
