package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** What came back for something sent to a destination: its reply, or a failure where there is none. Immutable. */
public final class Answer {

    private static final int SERVICE_NOT_AVAILABLE = 421;

    private final Optional<Reply> reply;
    private final Optional<Failure> failure;

    private Answer(Optional<Reply> reply, Optional<Failure> failure) {
        this.reply = reply;
        this.failure = failure;
    }

    /** A reply that the destination sent. */
    public static Answer of(Reply reply) {
        return new Answer(Optional.of(reply), Optional.empty());
    }

    public static Answer failed(Failure failure) {
        return new Answer(Optional.empty(), Optional.of(failure));
    }

    /** The destination's reply; empty if it failed. */
    public Optional<Reply> reply() {
        return reply;
    }

    /** Why there is no reply; empty if there is one. */
    public Optional<Failure> failure() {
        return failure;
    }

    public boolean is(Failure kind) {
        return failure.filter(kind::equals).isPresent();
    }

    /** A 2xx reply. */
    public boolean isPositive() {
        return reply.filter(Reply::isPositive).isPresent();
    }

    /** A 3xx reply. */
    public boolean isIntermediate() {
        return reply.filter(Reply::isIntermediate).isPresent();
    }

    /** A 5xx reply. */
    public boolean isPermanent() {
        return reply.filter(Reply::isPermanent).isPresent();
    }

    /** A 4xx or 5xx reply, or a failure. */
    public boolean isRefusal() {
        return failure.isPresent() || reply.filter(Reply::isRefusal).isPresent();
    }

    /** A 421 reply, which a destination may send at any time before it closes the connection (RFC 5321 §3.8). */
    boolean isClosing() {
        return reply.filter(r -> r.code() == SERVICE_NOT_AVAILABLE).isPresent();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Answer answer && answer.reply.equals(reply) && answer.failure.equals(failure);
    }

    @Override
    public int hashCode() {
        return reply.hashCode() + failure.hashCode();
    }

    /** For the log. The text of a destination is not escaped. */
    @Override
    public String toString() {
        return reply.map(Reply::toString).orElseGet(() -> failure.orElseThrow().toString());
    }
}
