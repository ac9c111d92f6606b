package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.relay.TransactionRelay;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** RCPT (RFC 5321 §4.1.1.3): relays. */
final class RcptCommand implements Command {

    @Override
    public boolean mayRunAhead(RelaySession session) {
        return session.transaction().isPresent();
    }

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        Optional<TransactionRelay> relay = session.transactions().relay();
        if (relay.isEmpty()) {
            return session.needMail(line.text());
        }
        CommandSyntax.Read<RcptTo> read =
                CommandSyntax.rcpt(line.text(), session.state().offered());
        return read.command()
                .map(rcpt -> relay.get().rcpt(rcpt, line.text().length()))
                .orElseGet(() -> relay.get().unreadableRcpt(read.refusal().orElse(Replies.SYNTAX)));
    }

    @Override
    public Reply refuse(CommandLine line, Reply refusal, RelaySession session) {
        return session.transactions()
                .relay()
                .map(relay -> relay.refuseRcpt(
                        refusal,
                        CommandSyntax.rcpt(line.text(), session.state().offered())
                                .command()))
                .orElse(refusal);
    }
}
