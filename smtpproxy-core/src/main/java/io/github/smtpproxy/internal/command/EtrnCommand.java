package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;

/** ETRN (RFC 1985): there is no queue here; a client that takes us for the destination means the destination's. */
final class EtrnCommand implements Command {

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        return session.relay().endpoint().unseen().isPresent()
                ? RelayedCommand.pass(line, session)
                : Replies.NOT_IMPLEMENTED;
    }
}
