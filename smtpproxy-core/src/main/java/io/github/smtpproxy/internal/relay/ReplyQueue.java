package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The replies to the commands of one client, in their order, until they are written. This is the only place that writes to
 * a client in a session; a writer of odd replies does so when it is called from here, in the place of one reply.
 *
 * <p>RFC 2920 §3.2 asks a server to send the replies to a pipelined group together. A command adds its reply without
 * waiting for it: the reply may be pending, because the destination has not sent it, or because the command itself has
 * not left our buffer. {@link #write} waits for each reply in turn, which sends the whole group to the destination at the
 * first wait and reads its replies one by one, and then writes them to the client at once. So a group stays a group on
 * both connections, without another thread and without a callback from the network.
 *
 * <p>What follows from a reply (events, the state of the transaction) follows in the order of the replies, and as early as
 * the order lets it: at once if the reply is known and none before it is pending, else in {@link #write}. A refusal that is
 * known at once therefore holds for the commands that the client has pipelined after it.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>Replies are written in the order in which they were added, one for each command (RFC 5321 §4.1.1), except that
 *       nothing is written after a 421, which ends the session (RFC 5321 §3.8).
 *   <li>The observer of a reply runs exactly once, unless a 421 before it ended the session.
 *   <li>The judge sees each reply exactly once, immediately before it is written; the reply that it returns is the one that
 *       the client gets.
 *   <li>No more than {@value #MAX_REPLIES} replies and {@value #MAX_OCTETS} octets wait, however many commands a client
 *       pipelines: beyond that the loop writes before it reads on, so a client that does not read is not served.
 * </ul>
 *
 * <p>Confined to the session's thread. A write takes at most the timeout that the queue was made with (RFC 5321 §4.5.3.2 has
 * none for replies; that of a data block is used); then the client counts as gone, and what is left is not written.
 */
final class ReplyQueue {

    private static final int MAX_REPLIES = 64;
    private static final int MAX_OCTETS = 64 * 1024;

    private final Wire client;
    private final Duration timeout;
    private final Judge judge;
    private final OddWriter slow;
    private final OddWriter faults;
    private final List<Entry> entries = new ArrayList<>();
    private boolean anyPending;
    private boolean ending;
    private boolean over;

    /** Looks at each reply before it is written. */
    interface Judge {

        /** The reply that is written in its place. */
        Reply judge(Reply reply, InReplyTo command);

        /** The reply that ends the session is written. */
        void ended(Reply reply);
    }

    /** Writes replies in another way on purpose: wrongly, or slowly. */
    interface OddWriter {

        /**
         * Writes a reply, behind those that are queued, if it is for it.
         *
         * @return whether it was written, or something in its place
         */
        boolean write(Reply reply, InReplyTo command) throws IOException;
    }

    /**
     * The command that a reply is to.
     *
     * @param verb its verb, in upper case
     * @param spoken the command, for faults
     * @param transaction the transaction of which it was part
     * @param recipient the recipient that it named
     * @param endsMessage whether it is to a whole message
     * @param began when it was read, by {@link System#nanoTime}
     */
    record InReplyTo(
            String verb,
            Spoken spoken,
            Optional<Transaction> transaction,
            Optional<RcptTo> recipient,
            boolean endsMessage,
            long began) {}

    private record Entry(Reply reply, InReplyTo command, Consumer<Reply> observer) {}

    /** @param timeout for writing to the client */
    ReplyQueue(Wire client, Duration timeout, Judge judge, OddWriter slow, OddWriter faults) {
        this.slow = slow;
        this.client = client;
        this.timeout = timeout;
        this.judge = judge;
        this.faults = faults;
    }

    /** Writes the first line of the greeting at once; the last one is a reply that comes later (RFC 5321 §4.2.1). */
    void tease(String text) throws IOException {
        client.queueLine("220-" + text);
        client.flush(timeout);
    }

    /** Adds a reply. */
    void add(Reply added, InReplyTo command) {
        if (over) {
            return;
        }
        Reply reply = added instanceof ObservedReply observed ? observed.reply() : added;
        Consumer<Reply> observer = added instanceof ObservedReply observed ? observed.observer() : r -> {};
        anyPending |= !PendingReply.isKnown(reply);
        if (!anyPending) {
            observer.accept(reply);
            ending |= reply.code() == 421;
        }
        entries.add(new Entry(reply, command, anyPending ? observer : r -> {}));
    }

    /** Whether they must be written before the client is read again: they are many, or end the session. */
    boolean isDue() {
        return ending || entries.size() >= MAX_REPLIES;
    }

    /** Waits for every reply, and writes them. */
    void write() throws IOException {
        for (Entry entry : entries) {
            Reply reply = PendingReply.await(entry.reply);
            entry.observer.accept(reply);
            Reply judged = judge.judge(reply, entry.command);
            if (!slow.write(judged, entry.command) && !faults.write(judged, entry.command)) {
                client.queueReply(judged);
            }
            if (client.queued() >= MAX_OCTETS) {
                client.flush(timeout);
            }
            if (judged.code() == 421) {
                over = true;
                judge.ended(judged);
                break;
            }
        }
        entries.clear();
        anyPending = false;
        client.flush(timeout);
    }
}
