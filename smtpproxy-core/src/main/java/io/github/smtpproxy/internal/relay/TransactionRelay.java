package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.message.ChunkedMessage;
import io.github.smtpproxy.internal.message.MessagePipeline;
import io.github.smtpproxy.internal.message.MessageResult;
import io.github.smtpproxy.internal.message.MessageScope;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * What relays one transaction: MAIL and each RCPT pass the filters and go to the destination at once ({@link
 * RoutedEnvelope}), whose replies are the client's. Confined to the session's thread.
 */
public final class TransactionRelay {

    private final RelaySession session;
    private final Relay relay;
    private final RelayTransaction transaction;
    private final RoutedEnvelope routed;
    private long messageBegan;

    TransactionRelay(RelaySession session, RelayTransaction transaction) {
        this.session = session;
        this.relay = session.relay();
        this.transaction = transaction;
        this.routed = new RoutedEnvelope(
                relay, session.state(), session.downstream(), session.failures(), session::open, transaction);
    }

    public RelayTransaction transaction() {
        return transaction;
    }

    /** Relays MAIL, with which the transaction began. */
    public Reply mail(MailFrom mail) {
        Reply reply = relay.filters().run(pass(Filter::mail), mail, routed::mail);
        boolean ours = routed.isOurs(reply);
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
    public Reply refuseRcpt(Reply reply, Optional<RcptTo> rcpt) {
        transaction.recipientAsked(rcpt);
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
        routed.expect(rcpt);
        Reply reply = relay.filters().run(pass(Filter::rcpt), rcpt, routed::rcpt);
        RcptTo passedOn = routed.recipient();
        transaction.recipient(passedOn, reply);
        boolean ours = routed.isOurs(reply);
        if (ours) {
            transaction.refuseRecipientHere();
        }
        return new ObservedReply(reply, known -> {
            transaction.recipientAnswered(known);
            if (!transaction.hasEnded()) {
                relay.listeners().notify(session.state(), "rcpt", l -> l.rcpt(transaction, passedOn, known));
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

    /**
     * Gives its connection back until the next recipient; false where that cannot be. The destination forgets MAIL, which it
     * gets again then.
     *
     * @param keeps whether it would keep the connection
     */
    boolean rest(boolean keeps) {
        if (!transaction.isOpen() || keeps && transaction.mayRest()) {
            return true;
        }
        boolean may = session.downstream().mayRest() && transaction.mayRest();
        if (!may || !transaction.lease().downstream().isQuiet()) {
            return false;
        }
        transaction.lease().release();
        transaction.lease().ended();
        transaction.rest();
        routed.rest();
        return true;
    }

    /** It is over for the routes that it took. */
    void ended() {
        routed.ended();
    }

    /** Sends DATA, for a message that streams through. */
    public Reply data() {
        return session.failures().reply(transaction.lease().downstream().data("DATA"));
    }

    /**
     * What its message needs, which begins now.
     *
     * @param verb DATA or BDAT
     */
    public MessageScope scope(String verb) {
        messageBegan = System.nanoTime();
        MessageFaults faults = new MessageFaults(session.faults(), transaction, verb);
        return new MessageScope(
                session.client(),
                transaction.lease(),
                transaction,
                relay.endpoint(),
                relay.timeouts(),
                session.times().left(),
                relay.filters(),
                relay.network(),
                relay.budget(),
                new TransactionControl(transaction, session.pacing(), faults, session.times()),
                session.failures(),
                routed::asSent,
                routed.rules(),
                () -> new MessageDetour(session.connections(), session.state(), transaction));
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
        try (MessagePipeline message = MessagePipeline.stream(scope("DATA"), in)) {
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
        ChunkedMessage message = transaction.message(() -> new ChunkedMessage(scope("BDAT")));
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
}
