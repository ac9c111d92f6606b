package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.Continuation;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/**
 * STARTTLS (RFC 3207), which ends at the proxy whatever the destination offers; where the client takes us for the
 * destination, it is relayed.
 */
final class StartTlsCommand implements Command {

    private static final Reply READY = Reply.of(220, "2.0.0 Ready to start TLS");
    private static final OwnReply TWICE = OwnReply.refusal(503, "5.5.1", "TLS is active already");

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        if (session.tls().relayed().isPresent()) {
            return RelayedStartTls.run(line, session);
        }
        if (!line.argument().isEmpty()) {
            return Replies.SYNTAX;
        }
        if (!session.tls().isOffered()) {
            return session.state().tls().isPresent() ? TWICE : Replies.NOT_IMPLEMENTED;
        }
        forget(session);
        return Continuation.maybe(READY, () -> {
            session.tls().upgrade();
            return Optional.empty();
        });
    }

    /** What came in plaintext may have come from an attacker (RFC 3207 §4.2). */
    private static void forget(RelaySession session) {
        if (session.transaction().isPresent() || session.state().authenticated()) {
            session.downstream().close();
        }
        session.downstream().forgetClient();
        session.transactions().end(Result.ABORTED, Optional.empty());
    }
}
