package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Reply;
import java.util.List;

/** A reply that is known, with a type that says where it comes from. */
public abstract class ReplyValue implements Reply {

    private final Reply lines;

    protected ReplyValue(Reply lines) {
        this.lines = Reply.copyOf(lines);
    }

    @Override
    public final List<String> wireLines() {
        return lines.wireLines();
    }

    @Override
    public final int code() {
        return lines.code();
    }

    /** As for every reply: the lines count, not where they come from. */
    @Override
    public final boolean equals(Object other) {
        return lines.equals(other);
    }

    @Override
    public final int hashCode() {
        return lines.hashCode();
    }

    @Override
    public final String toString() {
        return lines.toString();
    }
}
