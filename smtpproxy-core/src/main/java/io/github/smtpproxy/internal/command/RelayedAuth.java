package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Continuation;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;

/** One login at the destination: each challenge is the destination's, each response the client's, and the proxy reads neither. */
final class RelayedAuth {

    private static final String CANCEL = "*";

    private final RelaySession session;
    private final Downstream downstream;
    private final String mechanism;
    private final boolean allowed;

    /** @param mechanism its name, for the log */
    RelayedAuth(RelaySession session, String mechanism) {
        this.session = session;
        this.downstream = session.downstream().get();
        this.mechanism = mechanism;
        // once only, and never within a transaction (RFC 4954 §4): the destination refuses it in its own words
        this.allowed = !session.state().authenticated() && session.transaction().isEmpty();
    }

    Reply start(String line) {
        return answer(relay(line));
    }

    private Reply answer(Reply reply) {
        if (reply.isIntermediate()) {
            return allowed ? Continuation.of(reply, this::respond) : end(cancel(AuthCommand.OUT_OF_ORDER));
        }
        if (reply.isPositive()) {
            session.state().authenticated(Optional.empty());
            session.downstream().clientLoggedIn();
        }
        return end(reply);
    }

    private Reply respond() throws IOException {
        try {
            CommandLine response =
                    session.readLine(session.relay().timeouts().clientCommand(), RelaySession.MAX_AUTH_LINE);
            return switch (response.flaw()) {
                case NONE -> answer(relay(response.text()));
                case TOO_LONG -> end(cancel(Replies.AUTH_TOO_LONG));
                case NUL, BARE_LINE_END -> end(cancel(AuthCommand.MALFORMED));
            };
        } catch (DeadlineExceededException e) {
            return end(cancel(session.lineTimedOut()));
        }
    }

    private Reply relay(String line) {
        return session.failures().reply(downstream.authenticate(line));
    }

    /** Ends the exchange at the destination. */
    private Reply cancel(Reply why) {
        if (!downstream.authenticate(CANCEL).isRefusal()) {
            downstream.close();
        }
        return why;
    }

    private Reply end(Reply reply) {
        return session.logins().end(reply, mechanism, Optional.empty());
    }
}
