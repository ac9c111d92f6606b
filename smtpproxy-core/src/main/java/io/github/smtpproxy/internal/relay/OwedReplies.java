package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * The replies that the client is owed, in the order of its commands. They are settled, each waited for and all of them
 * written at once, when the client has nothing more to say (RFC 2920 §3.2): so a group from the client becomes a group
 * to the destination without a thread or a callback more. A 421 ends the session: nothing is said behind it.
 */
final class OwedReplies {

    private static final int MAX = 64;
    /** So many octets do not wait for the rest of their group. */
    private static final int MAX_QUEUED = 64 * 1024;

    private final Wire client;
    private final Duration writing;
    private final BiFunction<Reply, Answered, Reply> judge;
    private final Consumer<Reply> farewell;
    private final List<Owed> owed = new ArrayList<>();
    private boolean waits;
    private boolean ends;
    private boolean over;

    /** What a reply is to. */
    record Answered(String verb, Optional<Transaction> transaction) {}

    private record Owed(Reply reply, Answered answered, Consumer<Reply> known) {}

    /**
     * @param writing how long it may take to write them
     * @param judge may put another reply in the place of a refusal
     * @param farewell hears the 421 that ends the session
     */
    OwedReplies(Wire client, Duration writing, BiFunction<Reply, Answered, Reply> judge, Consumer<Reply> farewell) {
        this.client = client;
        this.writing = writing;
        this.judge = judge;
        this.farewell = farewell;
    }

    /**
     * One more.
     *
     * @param answered what it answers
     * @param known hears what it is once that is known: at once, unless one before it is still on its way
     */
    void add(Reply reply, Answered answered, Consumer<Reply> known) {
        if (over) {
            return;
        }
        waits |= !PendingReply.isKnown(reply);
        if (!waits) {
            known.accept(reply);
            ends |= reply.code() == 421;
        }
        owed.add(new Owed(reply, answered, waits ? known : r -> {}));
    }

    boolean isEmpty() {
        return owed.isEmpty();
    }

    /** Whether the client is to have them before it is heard again: they are many, or end the session. */
    boolean areDue() {
        return owed.size() >= MAX || ends;
    }

    /** Waits for every one, and writes them. */
    void settle() throws IOException {
        for (Owed next : owed) {
            Reply reply = PendingReply.await(next.reply);
            next.known.accept(reply);
            reply = judge.apply(reply, next.answered);
            client.queueReply(reply);
            if (client.queued() >= MAX_QUEUED) {
                client.flush(writing);
            }
            if (reply.code() == 421) {
                over = true;
                farewell.accept(reply);
                break;
            }
        }
        owed.clear();
        waits = false;
        client.flush(writing);
    }
}
