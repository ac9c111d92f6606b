package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Lease;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.message.ChunkedMessage;
import io.github.smtpproxy.internal.message.MessagePipeline;
import io.github.smtpproxy.internal.message.MessageResult;
import io.github.smtpproxy.internal.message.MessageScope;
import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * What relays one transaction: MAIL and each RCPT pass the filters, get a route, and go to the destination at once, whose
 * replies are the client's. Confined to the session's thread.
 */
public final class TransactionRelay {

    private static final String NULL_PATH = "<>";

    private final RelaySession session;
    private final Relay relay;
    private final RelayTransaction transaction;
    private long messageBegan;
    /** The destination's reply to the command at hand, if it was sent there. */
    private Optional<Reply> theirs = Optional.empty();

    TransactionRelay(RelaySession session, RelayTransaction transaction) {
        this.session = session;
        this.relay = session.relay();
        this.transaction = transaction;
    }

    public RelayTransaction transaction() {
        return transaction;
    }

    /** Relays MAIL, with which the transaction began. */
    public Reply mail(MailFrom mail) {
        theirs = Optional.empty();
        Reply reply = relay.filters().run(pass(Filter::mail), mail, this::sendMail);
        boolean ours = isOurs(reply);
        return new ObservedReply(reply, known -> mailAnswered(known, ours));
    }

    private void mailAnswered(Reply reply, boolean ours) {
        relay.listeners().notify(session.state(), "mail", l -> l.mail(transaction, transaction.mail(), reply));
        if (reply.isPositive()) {
            transaction.mailAccepted();
            return;
        }
        session.transactions().end(transaction, OwnReply.resultOfMail(reply), reply);
        if (ours) {
            session.transactions().refuseMail();
        }
    }

    /**
     * Relays RCPT.
     *
     * @param octets of the command line
     */
    public Reply rcpt(RcptTo rcpt, int octets) {
        transaction.recipientAsked(Optional.of(rcpt));
        Optional<Reply> refusal = refusal(octets).or(() -> session.pacing().before(new Step.Rcpt(transaction, rcpt)));
        return refusal.isPresent() ? refuseRecipient(refusal.get()) : relay(rcpt);
    }

    /** Refuses a recipient that no filter and no destination gets to see. */
    public Reply refuseRcpt(Reply reply) {
        transaction.recipientAsked(Optional.empty());
        return refuseRecipient(reply);
    }

    /** Refuses a recipient that cannot be read. */
    public Reply unreadableRcpt(Reply reply) {
        transaction.recipientAsked(Optional.empty());
        return new ObservedReply(reply, transaction::recipientAnswered);
    }

    private Reply refuseRecipient(Reply reply) {
        transaction.refuseRecipientHere();
        return new ObservedReply(reply, known -> {
            transaction.recipientAnswered(known);
            endAfter(known);
        });
    }

    private Optional<Reply> refusal(int octets) {
        if (transaction.isRefused()) {
            return Optional.of(Replies.FAILED);
        }
        if (transaction.recipientsPassedOn() >= relay.endpoint().maxRecipients()) {
            return Optional.of(Replies.TOO_MANY_RECIPIENTS);
        }
        return transaction.hasRoomFor(octets) ? Optional.empty() : Optional.of(Replies.NO_MEMORY);
    }

    private Reply relay(RcptTo rcpt) {
        theirs = Optional.empty();
        RcptTo[] passedOn = {rcpt};
        Reply reply = relay.filters().run(pass(Filter::rcpt), rcpt, changed -> {
            passedOn[0] = changed;
            return sendRcpt(changed);
        });
        transaction.recipient(passedOn[0], reply);
        boolean ours = isOurs(reply);
        if (ours) {
            transaction.refuseRecipientHere();
        }
        return new ObservedReply(reply, known -> {
            transaction.recipientAnswered(known);
            if (!transaction.hasEnded()) {
                relay.listeners().notify(session.state(), "rcpt", l -> l.rcpt(transaction, passedOn[0], known));
            }
            if (ours) {
                endAfter(known);
            }
        });
    }

    /** A 421 ends the session, and the transaction with it. */
    private void endAfter(Reply refusal) {
        if (refusal.code() == 421) {
            session.transactions().end(transaction, Result.REFUSED, refusal);
        }
    }

    private <C> Filters.Pass<C> pass(Filters.Call<C> call) {
        return new Filters.Pass<>(
                call, session.state(), Optional.of(transaction), Filters.Undo.BY_GIVING_UP, transaction::refuse);
    }

    /** Whether the proxy refuses, in place of the destination's reply or without one. Waits for nothing. */
    private boolean isOurs(Reply reply) {
        return PendingReply.isKnown(reply)
                && reply.isRefusal()
                && theirs.filter(Reply::isRefusal).isEmpty();
    }

    private Reply sendMail(MailFrom mail) {
        transaction.mail(mail);
        Route route = session.state()
                .home()
                .<Route>map(Route::to)
                .orElseGet(() -> relay.routing().route(session.state(), r -> r.mail(session.state(), mail)));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (route instanceof Route.To to) {
            return open(to.target()).orElseGet(() -> pipelineMail(mail));
        }
        return Reply.of(250, "2.1.0 Ok");
    }

    private Reply sendRcpt(RcptTo rcpt) {
        if (transaction.isRouted()) {
            return pipeline(rcpt.wireLine());
        }
        Route route = relay.routing().route(session.state(), r -> r.rcpt(session.state(), transaction.mail(), rcpt));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (!(route instanceof Route.To to)) {
            return Replies.NO_ROUTE;
        }
        Optional<Reply> refused = transaction.isOpen() ? Optional.empty() : openLate(to.target());
        return refused.orElseGet(() -> leadsHere(to.target()) ? pipeline(rcpt.wireLine()) : Replies.ELSEWHERE);
    }

    /** The route is known now: the destination gets the MAIL that the proxy answered in its place. */
    private Optional<Reply> openLate(Target target) {
        Optional<Reply> failed = session.open(target);
        if (failed.isPresent()) {
            return failed;
        }
        Lease lease = session.downstream().lease();
        Reply reply = reply(send(transaction.mail(), lease));
        if (!reply.isPositive()) {
            return Optional.of(reply);
        }
        transaction.open(connected(), lease);
        return Optional.empty();
    }

    private boolean leadsHere(Target target) {
        return target.destinations().contains(transaction.destination().orElseThrow());
    }

    private Optional<Reply> open(Target target) {
        Optional<Reply> failed = session.open(target);
        transaction.route(connected());
        if (failed.isEmpty()) {
            transaction.open(connected(), session.downstream().lease());
        }
        return failed;
    }

    /** The one of the target that was reached, or tried last. */
    private Destination connected() {
        return session.downstream().destination().orElseThrow();
    }

    private Reply pipelineMail(MailFrom mail) {
        return reply(send(mail, transaction.lease()));
    }

    /** Sends MAIL, and before it what the destination must know of the client. */
    private PendingAnswer send(MailFrom mail, Lease lease) {
        lease.announce(transaction.id());
        return lease.downstream().pipeline(asSent(mail, lease.downstream()).wireLine());
    }

    private MailFrom asSent(MailFrom mail, Downstream downstream) {
        Parameters clients = transaction.step().mail().parameters();
        return mail.withParameters(authParameter(clients, mail.parameters(), downstream));
    }

    private Reply pipeline(String line) {
        return reply(transaction.lease().downstream().pipeline(line));
    }

    private Reply reply(PendingAnswer answer) {
        Reply reply = session.failures().reply(answer);
        theirs = Optional.of(reply);
        return reply;
    }

    /** Sends DATA, for a message that streams through. */
    public Reply data() {
        return session.failures().reply(transaction.lease().downstream().data("DATA"));
    }

    /** What its message needs, which begins now. */
    public MessageScope scope() {
        messageBegan = System.nanoTime();
        return new MessageScope(
                session.client(),
                transaction.lease(),
                transaction,
                relay.endpoint(),
                relay.timeouts(),
                relay.filters(),
                relay.network(),
                relay.budget(),
                octets -> session.pacing().arrived(transaction, octets),
                octets -> session.pacing().send(transaction, octets),
                session.failures()::reply,
                mail -> asSent(mail, transaction.lease().downstream()));
    }

    /** Relays a message that comes as a stream, not dot-stuffed. */
    public Reply message(InputStream in) throws IOException {
        if (transaction.hasEnded() || !transaction.acceptsData()) {
            return transaction.isRefused() ? Replies.FAILED : Replies.NO_RECIPIENTS;
        }
        MessageResult result;
        Reply goOn = relay.filters().readContent() ? Replies.GO_ON : data();
        if (!goOn.isIntermediate()) {
            return goOn;
        }
        try (MessagePipeline message = MessagePipeline.stream(scope(), in)) {
            result = message.relay();
        }
        ended(result);
        return result.reply();
    }

    /** Waits for a reply, and does what follows from it. */
    public Reply settle(Reply reply) {
        return ObservedReply.settle(reply);
    }

    /** Relays a chunk. */
    public MessageResult chunk(long size, boolean last) throws IOException {
        ChunkedMessage message = transaction.message(() -> new ChunkedMessage(scope()));
        MessageResult result;
        try {
            result = message.chunk(size, last);
        } finally {
            transaction.octets(message.octets());
        }
        if (result.reply().isRefusal()) {
            transaction.refuseChunks();
        }
        if (last) {
            ended(result);
        }
        return result;
    }

    /** The message was answered, perhaps behind a MAIL that was refused. */
    public void ended(MessageResult result) {
        if (transaction.hasEnded()) {
            return;
        }
        transaction.octets(result.octets());
        Duration duration = Duration.ofNanos(System.nanoTime() - messageBegan);
        relay.listeners().notify(session.state(), "data", l -> l.data(transaction, result.reply(), duration));
        session.transactions().end(transaction, result.result(), result.reply());
    }

    /**
     * AUTH= of RFC 4954 §5. Where the login at the destination is ours, or the client logged in at the proxy, the value that
     * the client sent would go on in our name without a check. A server without AUTH would not understand it. The
     * value that a filter sets is the host program's own.
     */
    private Parameters authParameter(Parameters clients, Parameters passedOn, Downstream downstream) {
        boolean ours = relay.endpoint().authenticator().isPresent()
                || downstream.destination().credentials().isPresent();
        if (!ours || !passedOn.has("AUTH")) {
            return passedOn;
        }
        if (!downstream.extensions().has("AUTH")) {
            return passedOn.without("AUTH");
        }
        Optional<String> value = passedOn.value("AUTH");
        boolean claimed = clients.has("AUTH") && clients.value("AUTH").equals(value);
        return claimed && value.filter(NULL_PATH::equals).isEmpty() ? passedOn.replace("AUTH=" + NULL_PATH) : passedOn;
    }
}
