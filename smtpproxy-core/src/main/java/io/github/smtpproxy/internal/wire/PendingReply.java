package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Reply;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A reply that may not have been read yet: the first look at it waits for it. It keeps a pipelined group of commands one
 * group (RFC 2920): nobody waits before the whole group is sent. It is for the thread that made it; on another thread a
 * look at it is an {@link IllegalStateException}, unless the reply is known.
 */
public final class PendingReply implements Reply {

    private final Thread owner = Thread.currentThread();
    private final Supplier<? extends Reply> source;
    private volatile Optional<Reply> known = Optional.empty();

    /** @param source waits for the reply; called at most once */
    public PendingReply(Supplier<? extends Reply> source) {
        this.source = source;
    }

    /** Whether a look at it waits for nothing. */
    public static boolean isKnown(Reply reply) {
        return !(reply instanceof PendingReply pending) || pending.known.isPresent();
    }

    /** The reply itself; waits for it where it is pending. */
    public static Reply await(Reply reply) {
        return reply instanceof PendingReply pending ? pending.await() : reply;
    }

    private Reply await() {
        if (known.isEmpty()) {
            if (Thread.currentThread() != owner) {
                throw new IllegalStateException("a pending reply is for the thread of its session only");
            }
            known = Optional.of(await(source.get()));
        }
        return known.get();
    }

    @Override
    public List<String> wireLines() {
        return await().wireLines();
    }

    @Override
    public int code() {
        return await().code();
    }

    /** Waits for nothing where the other is this one. */
    @Override
    public boolean equals(Object other) {
        return other == this || other instanceof Reply && await().equals(other);
    }

    @Override
    public int hashCode() {
        return await().hashCode();
    }

    @Override
    public String toString() {
        return await().toString();
    }
}
