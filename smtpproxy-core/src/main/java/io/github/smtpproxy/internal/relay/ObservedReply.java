package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.Reply;
import java.util.List;
import java.util.function.Consumer;

/** A reply, and what follows from it as soon as it is known and every reply before it is. */
final class ObservedReply implements Reply {

    private final Reply reply;
    private final Consumer<Reply> observer;

    /** @param observer gets the reply once it is known */
    ObservedReply(Reply reply, Consumer<Reply> observer) {
        this.reply = reply;
        this.observer = observer;
    }

    /** The reply itself. */
    Reply reply() {
        return reply;
    }

    Consumer<Reply> observer() {
        return observer;
    }

    /** Waits for a reply, and does what follows from it. */
    static Reply settle(Reply reply) {
        if (reply instanceof ObservedReply observed) {
            Reply known = PendingReply.await(observed.reply);
            observed.observer.accept(known);
            return known;
        }
        return PendingReply.await(reply);
    }

    @Override
    public List<String> wireLines() {
        return reply.wireLines();
    }
}
