package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.ReceivedAttributes;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;

/** XCLIENT of a trusted peer: the session begins anew, as the client's, with a new greeting. */
final class XclientCommand implements Command {

    /** What EHLO offers to a trusted peer. */
    static final String OFFER = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

    private static final OwnReply IN_TRANSACTION = OwnReply.refusal(503, "5.5.1", "Mail transaction in progress");

    @Override
    public Reply execute(CommandLine line, RelaySession session) throws IOException {
        Optional<Reply> refusal = refusal(session);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        try {
            session.peer().announce(ReceivedAttributes.ofXclient(line.argument()), session::forgetClient);
        } catch (IllegalArgumentException malformed) {
            return Replies.SYNTAX;
        }
        return session.open();
    }

    /** Why this peer may not announce a client now. */
    static Optional<Reply> refusal(RelaySession session) {
        if (!session.peer().isTrusted()) {
            return Optional.of(Replies.NOT_IMPLEMENTED);
        }
        return session.transaction().isPresent() ? Optional.of(IN_TRANSACTION) : Optional.empty();
    }
}
