package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Refusals;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.host.Throttles;
import io.github.smtpproxy.internal.message.MessageScope;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.internal.wire.ServerReply;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the verbs of one session share: its two legs, what the client is owed, and the transaction that is under way.
 * Used by the session's thread, {@link #abort} by any.
 */
final class Conversation {

    private static final Logger log = LoggerFactory.getLogger(RelaySession.class);

    final Relay relay;
    final SessionState session;
    final Wire client;
    final SessionDownstream leg;
    final Standing standing;
    final Departure departure;
    final FailureReplies failures = FailureReplies.SYNCHRONOUS;
    private final TransactionHook hook;
    private final OwedReplies replies;
    private final Refusals refusals;
    private final CountDownLatch aborted = new CountDownLatch(1);
    private volatile Optional<RelayTransaction> current = Optional.empty();
    private Optional<Destination> home = Optional.empty();
    private boolean closing;
    private String verb = "CONNECT";
    private Optional<RelayTransaction> running = Optional.empty();
    private int errors;
    private int transactions;

    Conversation(Relay relay, TransactionHook hook, SessionState session, Wire client, LongSupplier nanoTime) {
        this.relay = relay;
        this.session = session;
        this.client = client;
        this.leg = new SessionDownstream(
                relay.network(),
                relay.timeouts(),
                new Wire.Log(relay.transcript(), session.id(), Transcript.Lane.DESTINATION),
                relay.endpoint().hostname(),
                session,
                new DestinationEvents(relay.listeners(), session));
        this.standing = new Standing(this, nanoTime);
        this.departure = new Departure(this, nanoTime);
        this.hook = hook;
        this.refusals = new Refusals(session, relay.listeners());
        this.replies = new OwedReplies(client, relay.timeouts().dataBlock(), this::judged, this::farewell);
    }

    /** The destination of every transaction, where the router knew it when the client connected. */
    Optional<Destination> home() {
        return home;
    }

    void home(Destination destination) {
        home = Optional.of(destination);
    }

    /** Another client speaks from here on: nothing of the former's is left. */
    void beginAnew() {
        end(Result.ABORTED, Optional.empty());
        leg.close();
        leg.forgetClient();
        home = Optional.empty();
        errors = 0;
        session.forget();
        session.forgetAttributes();
    }

    /** Whether the client's login at the destination has gone with its connection. */
    boolean isLoginGone() {
        return leg.isClientLoginLost();
    }

    /** Whether the last reply is said, or about to be. */
    boolean closing() {
        return closing;
    }

    void close() {
        closing = true;
    }

    /** The client's next line, within this time. */
    CommandLine nextLine(Duration within, int max) throws IOException {
        return departure.awaitClient(() -> client.readCommand(within, max, RelaySession.AUTH_MAX));
    }

    /** What the client hears whose line did not come whole in time. */
    Reply late() {
        if (isDraining() && current.isEmpty()) {
            return Replies.DRAINING;
        }
        return client.hasBuffered() ? Replies.TOO_SLOW : Replies.IDLE;
    }

    boolean isDraining() {
        return relay.draining().getAsBoolean();
    }

    /** Ends waits for the destination and for throttles. Any thread. */
    void hurry() {
        aborted.countDown();
        leg.close();
    }

    /** Breaks off both legs at once. Any thread. */
    void abort() {
        aborted.countDown();
        client.close();
        leg.abort();
    }

    boolean owesNothing() {
        return replies.isEmpty();
    }

    /** Whether the client is to have its replies before it is heard again. */
    boolean owesMuch() {
        return replies.areDue() || leg.open().filter(Downstream::hasManyReplies).isPresent();
    }

    void owe(Reply reply) {
        owe(reply, r -> {});
    }

    /**
     * The client is owed this; {@code known} hears of it once it is known. What is known already is heard of at once, so
     * that it holds for what the client has pipelined behind it.
     */
    void owe(Reply reply, Consumer<Reply> known) {
        replies.add(
                reply, new OwedReplies.Answered(verb, current.or(() -> running).map(Transaction.class::cast)), known);
    }

    /** The client is owed a refusal of ours, of a command of the transaction under way. */
    void refuse(Reply reply, Consumer<Reply> told) {
        Optional<RelayTransaction> refused = current;
        owe(reply, known -> {
            told.accept(known);
            refused.filter(t -> known.code() == 421).ifPresent(t -> end(t, Result.REFUSED, known));
        });
    }

    /** EHLO is refused here: the transaction under way has no future, at the destination either. */
    void refuseHello(Reply reply) throws IOException {
        settle();
        standing.helloRefused();
        current.ifPresent(this::giveUp);
        end(Result.REFUSED, Optional.of(reply));
    }

    void say(Reply reply) throws IOException {
        owe(reply);
        settle();
    }

    void settle() throws IOException {
        replies.settle();
        leg.open().ifPresent(Downstream::repliesDelivered);
    }

    /**
     * The conversation with the destination, if it is known: opened again where it was lost. Where it is not, one that was
     * had for an earlier transaction has no part in this one.
     */
    Optional<Downstream> destination() {
        boolean known =
                home.isPresent() || current.filter(RelayTransaction::isOpen).isPresent();
        boolean barred = home.flatMap(this::ensure).isPresent();
        return barred || !known ? Optional.empty() : leg.open();
    }

    /** Opens the conversation where that is needed; what the client is to hear where it cannot go on. */
    Optional<Reply> ensure(Destination destination) {
        return leg.ensure(destination)
                .map(failures::reply)
                .or(() -> leg.isReady() ? Optional.empty() : Optional.of(Replies.HELLO_FIRST));
    }

    /** RCPT or DATA where no transaction is under way: one that was refused here is not the destination's to go on with. */
    void needMail(String line) throws IOException {
        if (standing.isMailRefused()) {
            owe(Replies.NEED_MAIL);
        } else {
            outOfOrder(line, Replies.NEED_MAIL);
        }
    }

    /** The destination says it in its own words; should it take the command, it is kept from going on with it. */
    void outOfOrder(String line, Reply fallback) throws IOException {
        settle();
        Optional<Downstream> destination = closing ? Optional.empty() : destination();
        if (destination.isEmpty()) {
            owe(fallback);
        } else {
            unwanted(
                    line.startsWith("DATA")
                            ? destination.get().data(line).await()
                            : destination.get().ask(line),
                    fallback);
        }
    }

    /** The answer to what was said for the words of its refusal only. */
    void unwanted(Answer answer, Reply fallback) {
        unwanted(failures.reply(answer), fallback);
    }

    void unwanted(Reply reply, Reply fallback) {
        if (!reply.isRefusal()) {
            leg.close();
            boolean refused = current.flatMap(RelayTransaction::refusedToAll).isPresent();
            end(refused ? Result.ABORTED : Result.FAILED, Optional.of(fallback));
        }
        owe(reply.isRefusal() ? reply : fallback);
    }

    /** Waits as long as the throttles say; what the client is to hear if they refuse. */
    Optional<Reply> pace(Step step) {
        Throttles.Verdict verdict = relay.throttling().before(step);
        pause(verdict.delay());
        return verdict.refusal();
    }

    /** Lets the client wait, unless all is broken off. */
    void pause(Duration delay) {
        if (!delay.isZero()) {
            try {
                aborted.await(delay.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The transaction under way. */
    Optional<RelayTransaction> transaction() {
        return current;
    }

    RelayTransaction begin(Step.Mail step) {
        RelayTransaction transaction =
                new RelayTransaction(session.id() + "-" + ++transactions, session, step, relay.budget());
        current = Optional.of(transaction);
        standing.mailForgotten();
        hook.began();
        relay.listeners().notify(session, "transactionStarted", l -> l.transactionStarted(session));
        return transaction;
    }

    /** Nothing of the transaction may be delivered any more. */
    void giveUp(RelayTransaction transaction) {
        transaction.giveUp();
        leg.open().ifPresent(Downstream::reset);
    }

    /** Ends this transaction, unless it has ended already. */
    void end(RelayTransaction transaction, Result result, Reply reply) {
        if (current.filter(t -> t == transaction).isPresent()) {
            end(result, Optional.of(reply));
        }
    }

    /** Ends the transaction that is under way, if one is, and what was said of it before it began. */
    void end(Result result, Optional<Reply> reply) {
        standing.mailForgotten();
        current.ifPresent(ended -> end(ended, outcome(ended, result, reply)));
        session.forwarded(Optional.empty());
    }

    private void end(RelayTransaction ended, Outcome outcome) {
        ended.close();
        current = Optional.empty();
        hook.ended();
        if (log.isInfoEnabled()) {
            write(ended, outcome);
        }
        relay.throttling().ended(ended.step());
        relay.listeners().notify(session, "transactionEnded", l -> l.transactionEnded(session, outcome));
    }

    /** One that the client gave up because each of its recipients was refused was refused itself. */
    private static Outcome outcome(RelayTransaction ended, Result result, Optional<Reply> reply) {
        Optional<Reply> refusal = ended.refusedToAll().filter(r -> result == Result.ABORTED);
        return ended.outcome(refusal.isPresent() ? Result.REFUSED : result, refusal.or(() -> reply));
    }

    private void write(RelayTransaction ended, Outcome outcome) {
        log.info(
                "{} client={} helo={} login={} tls={} from={} recipients={}/{} octets={} destination={} outcome={}"
                        + " reply={} ms={}",
                ended.id(),
                UnknownAddress.text(session.remoteAddress().getAddress()),
                field(session.hello().map(Hello::name).orElse("-")),
                // nobody here knows who logged in at the destination
                session.authenticated() ? field(session.identity().orElse("yes")) : "-",
                session.tls().map(Tls::protocol).orElse("-"),
                field(ended.mail().toString()),
                outcome.recipientsAccepted(),
                outcome.recipientsAsked(),
                outcome.octets(),
                outcome.destination().map(Destination::toString).orElse("-"),
                outcome.result(),
                LogText.quoted(outcome.reply().map(Reply::toString).orElse("-")),
                outcome.duration().toMillis());
    }

    /** What a client says must not look like a field of its own. */
    private static String field(String said) {
        return LogText.escape(said).replace(" ", "\\x20");
    }

    private Reply judged(Reply reply, OwedReplies.Answered answered) {
        if (!reply.isRefusal()) {
            return reply;
        }
        boolean brokenOff = departure.isHurried() && reply.code() == 421;
        Reply said = brokenOff ? Replies.DRAINING : verdict(reply, !(reply instanceof ServerReply));
        refusals.refused(answered.verb(), answered.transaction(), said, leg.destination());
        return said;
    }

    /** The next replies are to this line. */
    void command(String line) {
        verb = Redaction.knownVerb(line).orElse(Refusals.NO_VERB);
        running = current;
    }

    private Reply verdict(Reply reply, boolean ours) {
        int code = reply.code();
        boolean error = code >= 500 && code <= 503 || ours && reply.isPermanent();
        if (error && ++errors > relay.endpoint().maxErrors()) {
            return Replies.TOO_MANY_ERRORS;
        }
        return pace(new Step.Refusal(session, reply))
                .filter(r -> r.code() == 421)
                .orElse(reply);
    }

    private void farewell(Reply reply) {
        closing = true;
        end(OwnReply.result(reply), Optional.of(reply));
    }

    /** What a message of this transaction needs of the session. */
    MessageScope messageScope(RelayTransaction transaction) {
        return new MessageScope(
                client,
                leg.lease(),
                transaction,
                relay.endpoint(),
                relay.timeouts(),
                relay.filters(),
                relay.network(),
                relay.budget(),
                octets -> pace(new Step.Data(transaction, octets)),
                failures::reply,
                mail -> Envelope.sent(this, transaction, mail));
    }
}
