package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.message.ChunkedMessage;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One transaction, from its MAIL on. */
final class RelayTransaction implements Transaction {

    private static final Logger log = LoggerFactory.getLogger(RelaySession.class);

    /** Octets that a recipient takes beside its own. */
    private static final int RECIPIENT = 256;

    private record Asked(RcptTo rcpt, Reply reply) {}

    private final String id;
    private final SessionState session;
    private final Step.Mail step;
    private final long began = System.nanoTime();
    private final List<Asked> asked = new ArrayList<>();
    private MailFrom mail;
    private Optional<Destination> destination = Optional.empty();
    private int recipientsAsked;
    private int recipientsAccepted;
    private int recipientsRefused;
    private Optional<Reply> lastRefusal = Optional.empty();
    private boolean routed;
    private boolean open;
    private boolean recipientRefusedHere;
    private boolean givenUp;
    private boolean inChunks;
    private boolean chunkRefused;
    private boolean chunkRefusedHere;
    private Optional<ChunkedMessage> message = Optional.empty();
    private final Budget.Share memory;
    private long octets;
    /** What was pipelined behind what ended it is answered afterwards, and kept by nobody. */
    private boolean over;

    RelayTransaction(String id, SessionState session, Step.Mail step, Budget budget) {
        this.id = id;
        this.memory = budget.share();
        this.session = session;
        this.step = step;
        this.mail = step.mail();
    }

    /** What the throttles let go, to be told of its end. */
    Step.Mail step() {
        return step;
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

    /** The command as the filters passed it on. */
    void mail(MailFrom passedOn) {
        mail = passedOn;
    }

    @Override
    public List<RcptTo> recipients() {
        return asked.stream().filter(a -> a.reply.isPositive()).map(Asked::rcpt).toList();
    }

    void asked(RcptTo rcpt, Reply reply) {
        asked.add(new Asked(rcpt, reply));
    }

    /** Whether somebody would get the message, as far as is known by now. Waits for nothing. */
    boolean mayHaveRecipients() {
        return asked.stream().anyMatch(a -> !PendingReply.isKnown(a.reply) || a.reply.isPositive());
    }

    /** One was refused here: what the destination says of the others is not all. */
    void recipientRefusedHere() {
        recipientRefusedHere = true;
    }

    /** Whether it is for us to say that nobody would get the message: the destination has not heard of all recipients. */
    boolean lacksRecipientsHere() {
        return recipientRefusedHere && !mayHaveRecipients();
    }

    /** Whether one more can be kept that was said in so many octets. */
    boolean hasRoomFor(int octets) {
        return memory.take(RECIPIENT + 3L * octets);
    }

    int recipientsPassedOn() {
        return asked.size();
    }

    /** The client has asked for one more, whatever becomes of it. */
    void recipientAsked() {
        recipientsAsked++;
    }

    /** What the client hears of one. */
    void recipientAnswered(Reply reply) {
        if (!over) {
            reply.wireLines().forEach(line -> memory.charge(line.length()));
        }
        if (reply.isPositive()) {
            recipientsAccepted++;
        } else {
            recipientsRefused++;
            lastRefusal = Optional.of(reply);
        }
    }

    /** The last answer, where every recipient was refused. */
    Optional<Reply> refusedToAll() {
        return recipientsRefused == recipientsAsked ? lastRefusal : Optional.empty();
    }

    Outcome outcome(Result result, Optional<Reply> reply) {
        Outcome outcome = Outcome.of(result, Duration.ofNanos(System.nanoTime() - began))
                .octets(octets)
                .recipients(recipientsAccepted, recipientsAsked);
        Outcome replied = reply.map(outcome::reply).orElse(outcome);
        return destination.map(replied::destination).orElse(replied);
    }

    Optional<Destination> destination() {
        return destination;
    }

    void destination(Destination chosen) {
        destination = Optional.of(chosen);
    }

    /** Whether the router has said where all of it goes: it is not asked again. */
    boolean routed() {
        return routed;
    }

    void routed(Destination decided) {
        routed = true;
        destination = Optional.of(decided);
    }

    /** Whether its destination has heard of it. */
    boolean isOpen() {
        return open;
    }

    void open() {
        open = true;
    }

    /** Whether nothing of it may be delivered any more: a filter undid what the destination had accepted. */
    boolean givenUp() {
        return givenUp;
    }

    void giveUp() {
        givenUp = true;
    }

    /** Whether a chunk of its message has come. */
    boolean inChunks() {
        return inChunks;
    }

    void chunkCame() {
        inChunks = true;
    }

    /** Whether DATA is out of order (RFC 3030 §2, §3). */
    boolean mustBeChunks() {
        return inChunks || isBinary();
    }

    /** Whether its message is no text (RFC 3030 §3). */
    boolean isBinary() {
        return mail.parameters()
                .value("BODY")
                .filter("BINARYMIME"::equalsIgnoreCase)
                .isPresent();
    }

    /** The message of its chunks. */
    ChunkedMessage message(Supplier<ChunkedMessage> begun) {
        if (message.isEmpty()) {
            message = Optional.of(begun.get());
        }
        return message.get();
    }

    boolean chunkRefused() {
        return chunkRefused;
    }

    /** Of the chunks that still come, none is taken. */
    void refuseChunks() {
        chunkRefused = true;
        close();
    }

    /** The same, where the destination has not heard of the one that was refused, and would go on with the next. */
    void refuseChunksHere() {
        chunkRefused = true;
        chunkRefusedHere = true;
    }

    boolean chunkRefusedHere() {
        return chunkRefusedHere;
    }

    /** Lets go of what was kept. */
    void close() {
        over = true;
        memory.close();
        message.ifPresent(ChunkedMessage::close);
    }

    void octets(long arrived) {
        octets = arrived;
    }
}
