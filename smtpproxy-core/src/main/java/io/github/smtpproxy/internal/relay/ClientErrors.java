package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.ServerReply;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Step;

/** The errors of a client: too many end its session, and throttles may slow or end it at each refusal. */
final class ClientErrors {

    private final Session session;
    private final Pacing pacing;
    private final int max;
    private int count;

    /** @param max errors that are allowed */
    ClientErrors(Session session, Pacing pacing, int max) {
        this.session = session;
        this.pacing = pacing;
        this.max = max;
    }

    /** Another client goes on with the session. */
    void forget() {
        count = 0;
    }

    /** The reply in place of a refusal. */
    Reply judge(Refusal refusal) {
        Reply reply = refusal.reply();
        int code = reply.code();
        boolean ours = !(reply instanceof ServerReply);
        // a destination's 550 is its verdict about a mailbox, and no error of the client
        boolean error = refusal.by() != By.FAULT && (code >= 500 && code <= 503 || ours && reply.isPermanent());
        if (error && ++count > max) {
            return Replies.TOO_MANY_ERRORS;
        }
        return pacing.before(new Step.Refusal(session, refusal))
                .filter(r -> r.code() == 421)
                .orElse(reply);
    }
}
