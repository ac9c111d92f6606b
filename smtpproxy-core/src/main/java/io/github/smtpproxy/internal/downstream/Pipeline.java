package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.downstream.PendingAnswer.Expected;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.MalformedReplyException;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The queue of pending answers of one connection. Commands are queued, and written together when the first of their
 * replies is waited for (RFC 2920); replies are matched to commands by their order. Where that order cannot be trusted
 * any more, or the connection fails, every pending answer becomes a failure and the connection is closed. Used by the
 * session's thread; {@link #close} by any.
 */
final class Pipeline {

    private static final Logger log = LoggerFactory.getLogger(Downstream.class);

    /** What fits into socket buffers with certainty, so that both sides never wait for room at once (RFC 2920 §3.1). */
    private static final int MAX_QUEUED_OCTETS = 8 * 1024;

    private static final int MAX_PENDING = 64;
    private static final int MAX_UNDELIVERED_OCTETS = 64 * 1024;

    /** May be sent without a command (RFC 5321 §3.8). */
    private static final Predicate<Reply> CLOSING = reply -> Answer.of(reply).isClosing();

    private final Wire wire;
    private final Duration writing;
    private volatile String name;
    private final DestinationState state;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Deque<PendingAnswer> pending = new ArrayDeque<>();
    private Optional<Reply> lastRefusal = Optional.empty();
    private volatile boolean lost;
    private int undelivered;
    private boolean inMessage;
    private boolean transaction;
    private boolean committed;
    private boolean probing;
    private int mails;
    private boolean endedHere;

    /**
     * @param writing how long one write may take
     * @param name session and destination, for the log
     * @param state counts the connection
     */
    Pipeline(Wire wire, Duration writing, String name, DestinationState state) {
        this.state = state;
        this.wire = wire;
        this.writing = writing;
        this.name = name;
        state.opened();
    }

    /** Another session uses it from now on. */
    void rename(String by) {
        name = by;
    }

    /** Whether it is only looked whether the connection is alive: that one which nobody used is not is no fault. */
    void probing(boolean value) {
        probing = value;
    }

    /** Queues a command. After the connection is lost, its answer is known at once. */
    PendingAnswer send(String line, Duration timeout, Expected expected) {
        PendingAnswer answer = new PendingAnswer(
                this, expected, timeout, () -> "waiting for the reply to " + Redaction.verbOrPlaceholder(line));
        if (lost) {
            answer.fail();
        } else {
            committed = false;
            mails += expected == Expected.MAIL ? 1 : 0;
            wire.queueLine(line);
            pending.add(answer);
        }
        return answer;
    }

    /** An answer to what has been written already, or that comes without a command. */
    PendingAnswer expect(Expected expected, Duration timeout, Supplier<String> doing) {
        PendingAnswer answer = new PendingAnswer(this, expected, timeout, doing);
        pending.add(answer);
        markSent();
        return answer;
    }

    /** Queues octets, to be written before the next block and with it if that is small. */
    void queue(byte[] bytes) {
        if (!lost) {
            wire.queueBytes(bytes);
        }
    }

    /** Writes a block of the message behind what is queued. After the connection is lost, it does nothing. */
    void write(byte[] bytes, int from, int to) {
        if (lost) {
            return;
        }
        try {
            requireNothingReceived();
            wire.write(bytes, from, to, writing);
            markSent();
        } catch (IOException e) {
            fail("sending the message", e);
        }
    }

    /** Whether the next answer must be waited for before more is queued. */
    boolean isFull() {
        return pending.size() >= MAX_PENDING || wire.queued() >= MAX_QUEUED_OCTETS;
    }

    /** The answer to what was sent last, if it is still pending. */
    Optional<PendingAnswer> last() {
        return Optional.ofNullable(pending.peekLast());
    }

    /** Whether no answer is pending and the destination sent nothing that was not asked for. Never waits. */
    boolean isQuiet() {
        try {
            return !lost && pending.isEmpty() && !wire.hasInput();
        } catch (IOException e) {
            return false;
        }
    }

    Answer await(PendingAnswer answer) {
        while (!answer.isKnown()) {
            PendingAnswer next = pending.element();
            try {
                if (!next.isSent()) {
                    flush();
                }
                readGroup();
            } catch (IOException e) {
                fail(pending.isEmpty() ? next.doing() : pending.element().doing(), e);
            } catch (RuntimeException | Error e) {
                // nobody knows which answer comes next
                close();
                throw e;
            }
        }
        return answer.answer().get();
    }

    boolean isLost() {
        return lost;
    }

    /** Whether it was lost since it was closed from here. */
    boolean isEndedHere() {
        return endedHere;
    }

    /** How many transactions were asked for. */
    int mails() {
        return mails;
    }

    /** The destination has forgotten its transaction. */
    void wasReset() {
        state.succeeded();
    }

    /** What came back last before the connection was lost: a refusal that nobody had waited for, or no more than that. */
    Answer lastAnswer() {
        return lastRefusal.map(Answer::of).orElse(Answer.failed(Failure.LOST));
    }

    /** Content follows: no command until the next reply. */
    void beginContent() {
        inMessage = true;
    }

    boolean isInMessage() {
        return inMessage;
    }

    /** Whether the destination has a transaction, or may have one once it has answered what was sent. */
    boolean hasTransaction() {
        return transaction || pending.stream().anyMatch(answer -> answer.is(Expected.MAIL));
    }

    /** Whether the replies since {@link #delivered} are so many octets that the client must take them first. */
    boolean hasManyReplies() {
        return undelivered >= MAX_UNDELIVERED_OCTETS;
    }

    /** The client has all replies so far. */
    void delivered() {
        undelivered = 0;
    }

    /** Any thread. Answers that are pending become failures when they are waited for. */
    void close() {
        lost = true;
        // before whoever waits finds that it is closed
        boolean first = closed.compareAndSet(false, true);
        wire.close();
        if (first) {
            state.closed();
        }
    }

    private void flush() throws IOException {
        requireNothingReceived();
        wire.flush(writing);
        markSent();
    }

    private void markSent() {
        pending.forEach(PendingAnswer::sent);
        committed |= !pending.isEmpty() && pending.getLast().commits();
    }

    /** Octets that are there before a command or a block has been written are no answer to it. */
    private void requireNothingReceived() throws IOException {
        if (wire.hasInput()) {
            throw new MalformedReplyException("octets that nobody has asked for");
        }
    }

    /** A refusal that was sent before is the answer to what comes next; all else has none. */
    private void fail(String doing, IOException cause) {
        Optional<Reply> received = wire.pendingRefusal();
        lastRefusal = committed ? Optional.empty() : received;
        // one that was closed from here is no fault of the destination
        endedHere = closed.get();
        if (lastRefusal.isEmpty() && hasTransaction() && !endedHere) {
            state.failed();
        }
        String why = lastRefusal.map(r -> "it sent " + r).orElseGet(cause::toString);
        log.atLevel(probing ? Level.DEBUG : Level.WARN).log("{} lost while {}: {}", name, doing, LogText.escape(why));
        close();
        if (lastRefusal.isPresent() && !pending.isEmpty()) {
            pending.remove().complete(Answer.of(lastRefusal.get()));
        }
        pending.forEach(answer -> answer.fail(cause));
        pending.clear();
    }

    /** Reads the replies to all that was sent, up to one that ends the session. */
    private void readGroup() throws IOException {
        List<PendingAnswer> group = new ArrayList<>(1);
        boolean more = true;
        while (more) {
            PendingAnswer next = pending.element();
            Answer answer = Answer.of(read(next));
            next.complete(answer);
            pending.remove();
            group.add(next);
            more = !answer.isClosing() && !hasManyReplies() && isNextSent();
        }
        requireNoOther(group);
    }

    private boolean isNextSent() {
        return !pending.isEmpty() && pending.element().isSent();
    }

    private Reply read(PendingAnswer next) throws IOException {
        Reply reply = next.check(wire.readReply(next.timeout()));
        if (next.is(Expected.COMMIT)) {
            requireOneReply(reply);
            state.succeeded();
        }
        inMessage = reply.isIntermediate() && next.is(Expected.DATA);
        transaction = next.isTransactionAfter(reply, transaction);
        reply.wireLines().forEach(line -> undelivered += line.length());
        return reply;
    }

    /** Of an acceptance and a refusal that come together, either may be the reply. */
    private void requireOneReply(Reply reply) throws MalformedReplyException {
        if (reply.isPositive() && wire.hasBufferedRefusal(CLOSING.negate())) {
            throw new MalformedReplyException("two answers: " + reply);
        }
    }

    /**
     * With more replies than commands, a refusal in the group may be that of another command: a client that takes it for
     * its own would give up for good.
     */
    private void requireNoOther(List<PendingAnswer> group) throws MalformedReplyException {
        boolean refused = group.stream().anyMatch(a -> a.answer().get().isRefusal());
        boolean ambiguous = group.size() > 1 && refused && !isNextSent();
        if (ambiguous && wire.hasBufferedLine() && !wire.hasBufferedRefusal(CLOSING)) {
            group.forEach(PendingAnswer::fail);
            throw new MalformedReplyException("more answers than commands");
        }
    }
}
