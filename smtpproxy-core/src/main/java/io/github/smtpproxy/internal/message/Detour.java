package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.Lease;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import java.util.Optional;

/** The way of one message to another target than that of its transaction. Confined to the session's thread. */
public interface Detour extends AutoCloseable, RepliesToClient {

    /**
     * Opens a connection on which the client is introduced.
     *
     * @return why there is none; empty if there is one
     */
    Optional<Reply> open(Target target, MailFrom mail);

    /** The connection, once it is open. */
    Lease lease();

    /** Sends QUIT, unless a message is unfinished, and closes the connection. */
    @Override
    void close();
}
