package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.Reply;

/**
 * NOOP, HELP, VRFY, EXPN, and what the proxy does not know: the destination replies. A line that a lax server could take
 * for another command does not reach it, since no filter has seen that command.
 */
final class RelayedCommand implements Command {

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        if (ExtensionRules.isHiddenVerb(line.text())) {
            return Replies.NOT_IMPLEMENTED;
        }
        if (session.secretsMayFollow() || Commands.isLike(line.text())) {
            return Replies.UNKNOWN;
        }
        return pass(line, session);
    }

    /** Behind the filters the destination replies, where it is known. */
    static Reply pass(CommandLine line, RelaySession session) {
        return session.relay()
                .filters()
                .run(
                        Filters.Pass.of(Filter::unknown, session.state(), Filters.Undo.FREELY),
                        new OtherCommand(line.verb(), line.argument()),
                        command -> relay(line, session));
    }

    private static Reply relay(CommandLine line, RelaySession session) {
        Reply here = line.verb().equals("NOOP") ? Replies.OK : Replies.NOT_IMPLEMENTED;
        if (session.state().home().isEmpty()) {
            return here;
        }
        return session.destination()
                .map(d -> session.failures().reply(d.ask(line.text())))
                .orElse(here);
    }
}
