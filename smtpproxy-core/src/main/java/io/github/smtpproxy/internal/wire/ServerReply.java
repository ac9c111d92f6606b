package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Reply;
import java.util.List;

/**
 * A reply in a server's own words. It has a type of its own since only the destination accepts: any other reply is the
 * proxy's.
 */
public final class ServerReply extends ReplyValue {

    private ServerReply(Reply lines) {
        super(lines);
    }

    /**
     * A reply that a server sent.
     *
     * @throws IllegalArgumentException if the lines are no reply
     */
    public static ServerReply parse(List<String> wireLines) {
        return new ServerReply(Reply.parse(wireLines));
    }
}
