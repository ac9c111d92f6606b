package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.ServerReply;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Step;
import java.util.Optional;

/** The errors of a client: too many end its session, and throttles may slow or end it at each refusal. */
final class ClientErrors {

    private final Session session;
    private final Pacing pacing;
    private final Relay relay;
    private int count;

    ClientErrors(Session session, Pacing pacing, Relay relay) {
        this.session = session;
        this.pacing = pacing;
        this.relay = relay;
    }

    /** Another client goes on with the session. */
    void forget() {
        count = 0;
    }

    private int max() {
        return relay.pressure().errors(relay.endpoint().maxErrors());
    }

    /** The reply to a line that is none. */
    static Optional<Reply> flaw(CommandLine line) {
        return switch (line.flaw()) {
            case TOO_LONG -> Optional.of(line.verb().equals("AUTH") ? Replies.AUTH_TOO_LONG : Replies.TOO_LONG);
            case NUL -> Optional.of(Replies.NUL);
            case BARE_LINE_END -> Optional.of(Replies.BARE_LINE);
            case NONE -> Optional.empty();
        };
    }

    /** The reply in place of a refusal. */
    Reply judge(Refusal refusal) {
        Reply reply = refusal.reply();
        int code = reply.code();
        boolean ours = !(reply instanceof ServerReply);
        // a destination's 550 is its verdict about a mailbox, and no error of the client
        boolean error = refusal.by() != By.FAULT && (code >= 500 && code <= 503 || ours && reply.isPermanent());
        if (error && ++count > max()) {
            return Replies.TOO_MANY_ERRORS;
        }
        return pacing.before(new Step.Refusal(session, refusal)).orElse(reply);
    }
}
