package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Lease;
import io.github.smtpproxy.internal.message.ChunkedMessage;
import io.github.smtpproxy.internal.message.ClientWait;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One transaction, from MAIL to its end (RFC 5321 §3.3): its envelope, its state, the downstream connection that is lent to
 * it, and what its outcome reports. Confined to the session's thread.
 *
 * <pre>
 *   MAIL_SENT -- MAIL answered 2xx --> OPEN -- first chunk --> CONTENT
 *   each of them -- nothing of it may be delivered any more --> REFUSED
 *   each of them -- end of data answered, RSET, EHLO, QUIT, client gone --> ENDED
 * </pre>
 *
 * <p>A refusal that is known moves it at once, so that the refusal holds for the commands that the client has pipelined
 * after it. A reply that is pending moves it when it is read.
 */
public final class RelayTransaction implements Transaction {

    /** Octets of memory for a recipient, beside the octets of its command. */
    private static final int RECIPIENT = 256;

    private final String id;
    private final SessionState session;
    private final Step.Mail step;
    private final AttributeMap attributes = new AttributeMap();
    private final long began = System.nanoTime();
    private final Budget.Share memory;
    private final List<Recipient> passedOn = new ArrayList<>();
    private State state = State.MAIL_SENT;
    private MailFrom mail;
    private Optional<Destination> destination = Optional.empty();
    private Optional<Lease> lease = Optional.empty();
    private boolean routed;
    private int recipientsAsked;
    private Optional<RcptTo> asked = Optional.empty();
    private int recipientsAccepted;
    private int recipientsRefused;
    private boolean recipientRefusedHere;
    private Optional<Reply> lastRefusal = Optional.empty();
    private Optional<ChunkedMessage> message = Optional.empty();
    private boolean chunkRefused;
    private boolean chunkRefusedHere;
    private long octets;

    /** Where it stands. */
    private enum State {
        /** The reply to MAIL is pending. */
        MAIL_SENT,
        /** Recipients and the message may come. */
        OPEN,
        /** Nothing of it may be delivered: a filter refused what the destination had accepted. */
        REFUSED,
        /** A chunk of its message came: DATA is out of order (RFC 3030 §2). */
        CONTENT,
        /** Replies that are still pending change nothing any more. */
        ENDED
    }

    private record Recipient(RcptTo rcpt, Reply reply) {}

    RelayTransaction(String id, SessionState session, Step.Mail step, Budget budget) {
        this.id = id;
        this.session = session;
        this.step = step;
        this.mail = step.mail();
        this.memory = budget.share();
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public SessionState session() {
        return session;
    }

    @Override
    public MailFrom mail() {
        return mail;
    }

    @Override
    public List<RcptTo> recipients() {
        return passedOn.stream()
                .filter(r -> r.reply.isPositive())
                .map(Recipient::rcpt)
                .toList();
    }

    @Override
    public <T> Optional<T> attribute(Key<T> key) {
        return attributes.attribute(key);
    }

    @Override
    public <T> void attribute(Key<T> key, T value) {
        attributes.attribute(key, value);
    }

    /** The step that the throttles let pass, and whose end they get. */
    Step.Mail step() {
        return step;
    }

    /** MAIL as the filters passed it on. */
    void mail(MailFrom changed) {
        mail = changed;
    }

    /** MAIL was answered 2xx. */
    void mailAccepted() {
        if (state == State.MAIL_SENT) {
            state = State.OPEN;
        }
    }

    /** Whether nothing of it may be delivered any more. */
    public boolean isRefused() {
        return state == State.REFUSED;
    }

    /** Nothing of it may be delivered any more, whatever the destination has accepted: it gets RSET. */
    public void refuse() {
        if (state != State.ENDED) {
            state = State.REFUSED;
        }
        lease.map(Lease::downstream).filter(d -> !d.isLost()).ifPresent(Downstream::reset);
    }

    /** Whether a chunk of its message has come. */
    public boolean hasContent() {
        return state == State.CONTENT;
    }

    /** It is over: nothing of it is kept. */
    void end() {
        state = State.ENDED;
        forget();
    }

    /** Whether it is over. What the client pipelined behind its end may still be answered. */
    boolean hasEnded() {
        return state == State.ENDED;
    }

    private void forget() {
        memory.close();
        message.ifPresent(ChunkedMessage::close);
    }

    /** Where it goes; with late routes, it is known from the first recipient on. */
    public Optional<Destination> destination() {
        return destination;
    }

    /** Whether the router decided for all of it at MAIL or before: it is not asked again. */
    boolean isRouted() {
        return routed;
    }

    void route(Destination decided) {
        routed = true;
        destination = Optional.of(decided);
    }

    /** The destination got its MAIL on this connection. */
    void open(Destination at, Lease lent) {
        destination = Optional.of(at);
        lease = Optional.of(lent);
    }

    /** Whether its destination knows it. */
    public boolean isOpen() {
        return lease.isPresent();
    }

    /** The downstream connection that is lent to it. */
    Lease lease() {
        return lease.orElseThrow();
    }

    /** Whether its destination has nothing of it but MAIL, and nothing is pending. */
    boolean mayRest() {
        return state == State.OPEN && !mayHaveRecipients();
    }

    /** Its connection was given back: its destination does not know it until there is another recipient. */
    void rest() {
        lease = Optional.empty();
        recipientRefusedHere = true;
    }

    /** It is over for its connection, too. */
    void giveBack() {
        lease.ifPresent(Lease::ended);
    }

    /** The client has asked for one more recipient, whatever becomes of it. */
    void recipientAsked(Optional<RcptTo> rcpt) {
        asked = rcpt;
        recipientsAsked++;
    }

    /** The filters passed a recipient on. */
    void recipient(RcptTo rcpt, Reply reply) {
        passedOn.add(new Recipient(rcpt, reply));
    }

    int recipientsPassedOn() {
        return passedOn.size();
    }

    /** Whether there is memory for one more, in a command of so many octets. */
    boolean hasRoomFor(int commandOctets) {
        return memory.take(RECIPIENT + 3L * commandOctets);
    }

    /** One was refused without the destination: it does not know all recipients. */
    void refuseRecipientHere() {
        recipientRefusedHere = true;
    }

    /** The reply to one that the client asked for. */
    void recipientAnswered(Reply reply) {
        if (state != State.ENDED) {
            reply.wireLines().forEach(line -> memory.charge(line.length()));
        }
        if (reply.isPositive()) {
            recipientsAccepted++;
        } else {
            recipientsRefused++;
            lastRefusal = Optional.of(reply);
        }
    }

    /** Whether somebody would get the message, as far as is known. Waits for nothing. */
    public boolean mayHaveRecipients() {
        return passedOn.stream().anyMatch(r -> !PendingReply.isKnown(r.reply) || r.reply.isPositive());
    }

    /** Whether it is for the proxy to refuse a message that nobody would get: the destination does not know all recipients. */
    public boolean lacksRecipientsHere() {
        return recipientRefusedHere && !mayHaveRecipients();
    }

    /** The last refusal, where every recipient was refused. */
    Optional<Reply> refusalOfAll() {
        return recipientsRefused == recipientsAsked ? lastRefusal : Optional.empty();
    }

    /** Whether DATA is in order. Waits for nothing. */
    public boolean acceptsData() {
        return !isRefused() && !mustBeChunks() && mayHaveRecipients();
    }

    /** Whether DATA is out of order (RFC 3030 §2, §3). */
    public boolean mustBeChunks() {
        return hasContent() || isBinary();
    }

    /** Whether its message is no text (RFC 3030 §3). */
    private boolean isBinary() {
        return mail.parameters()
                .value("BODY")
                .filter("BINARYMIME"::equalsIgnoreCase)
                .isPresent();
    }

    /** The message of its chunks, of which one has come. */
    ChunkedMessage message(Supplier<ChunkedMessage> begun) {
        state = State.CONTENT;
        if (message.isEmpty()) {
            message = Optional.of(begun.get());
        }
        return message.get();
    }

    /** Waits for the client's next command. */
    <T> T awaiting(ClientWait<T> wait) throws IOException {
        return message.isPresent() ? message.get().awaiting(wait) : wait.run();
    }

    /** Whether one chunk was refused: none that follows is accepted. */
    public boolean chunkRefused() {
        return chunkRefused;
    }

    void refuseChunks() {
        chunkRefused = true;
        forget();
    }

    /** A chunk was refused without the destination, which would go on with the next one. */
    public void refuseChunksHere() {
        chunkRefused = true;
        chunkRefusedHere = true;
    }

    public boolean chunkRefusedHere() {
        return chunkRefusedHere;
    }

    /** So much of its message has arrived. */
    void octets(long arrived) {
        octets = arrived;
    }

    /** The recipient of the last RCPT, if it can be read. */
    Optional<RcptTo> asked() {
        return asked;
    }

    Outcome outcome(Result result, Optional<Reply> reply) {
        Outcome outcome = Outcome.of(result, Duration.ofNanos(System.nanoTime() - began))
                .octets(octets)
                .recipients(recipientsAccepted, recipientsAsked);
        Outcome replied = reply.map(outcome::reply).orElse(outcome);
        return destination.map(replied::destination).orElse(replied);
    }
}
