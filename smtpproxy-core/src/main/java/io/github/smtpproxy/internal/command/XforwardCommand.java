package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.ReceivedAttributes;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** XFORWARD of a trusted peer: the client of the next transaction. */
final class XforwardCommand implements Command {

    /** What EHLO offers to a trusted peer. */
    static final String OFFER = "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE";

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        Optional<Reply> refusal = XclientCommand.refusal(session);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        try {
            session.peer().forward(ReceivedAttributes.ofXforward(line.argument()));
        } catch (IllegalArgumentException malformed) {
            return Replies.SYNTAX;
        }
        return Replies.OK;
    }
}
