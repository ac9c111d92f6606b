package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** RSET (RFC 5321 §4.1.1.5): the destination replies, if it is connected; its 250 ends the transaction. */
final class RsetCommand implements Command {

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        Reply here = line.argument().isEmpty() ? Replies.OK : Replies.SYNTAX;
        Reply reply = session.downstream()
                .open()
                .map(d -> session.failures().reply(d.ask(line.text())))
                .orElse(here);
        if (reply.isPositive()) {
            session.transactions().end(Result.ABORTED, Optional.empty());
        }
        return reply;
    }
}
