package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;

/** What the proxy does for a verb. Stateless: one instance serves all sessions, each on its own thread. */
public interface Command {

    /**
     * Does it.
     *
     * @return the reply to the client, which may be pending; a {@link Continuation} where the command goes on once a first
     *     reply is written
     * @throws IOException if the client is gone
     */
    Reply execute(CommandLine line, RelaySession session) throws IOException;

    /**
     * Refuses it unread: a throttle or the state of the session does not let it pass.
     *
     * @return the reply to the client
     */
    default Reply refuse(CommandLine line, Reply refusal, RelaySession session) throws IOException {
        return refusal;
    }

    /** Whether a verb that {@linkplain Verb.Trait#RUNS_AHEAD runs ahead} may do so now. */
    default boolean mayRunAhead(RelaySession session) {
        return false;
    }
}
