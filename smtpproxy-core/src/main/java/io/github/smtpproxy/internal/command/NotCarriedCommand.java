package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;

/** A verb that the proxy does not carry; {@link Commands} has the reason. */
final class NotCarriedCommand implements Command {

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        return Replies.NOT_IMPLEMENTED;
    }
}
