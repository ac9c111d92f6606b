package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/**
 * QUIT (RFC 5321 §4.1.1.10): the destination's reply, or 221 where it is gone. QUIT with an argument may be refused, and then
 * nothing ends.
 */
final class QuitCommand implements Command {

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        Reply reply = session.downstream().quit(line.text()).orElse(Replies.BYE);
        if (reply.isRefusal() && reply.code() != 421 && !line.argument().isEmpty()) {
            return reply;
        }
        session.transactions().end(Result.ABORTED, Optional.empty());
        session.quit();
        return reply;
    }
}
