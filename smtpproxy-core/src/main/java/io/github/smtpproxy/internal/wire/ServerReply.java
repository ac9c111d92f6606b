package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Reply;
import java.util.List;

/**
 * A reply in a server's own words. It has a type of its own since only the destination accepts: any other reply is the
 * proxy's.
 */
public final class ServerReply implements Reply {

    private final Reply value;

    private ServerReply(Reply value) {
        this.value = value;
    }

    /**
     * A reply that a server sent.
     *
     * @throws IllegalArgumentException if the lines are no reply
     */
    public static ServerReply parse(List<String> wireLines) {
        return new ServerReply(Reply.parse(wireLines));
    }

    @Override
    public List<String> wireLines() {
        return value.wireLines();
    }

    @Override
    public int code() {
        return value.code();
    }

    @Override
    public boolean equals(Object other) {
        return value.equals(other);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
