package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Failed logins of a session, at the proxy or at the destination: each is logged and delayed, too many end the session. */
public final class FailedLogins {

    private static final Logger log = LoggerFactory.getLogger(FailedLogins.class);

    /** Codes for a command that is wrong or too early, which say nothing of a password (RFC 4954 §6, RFC 5321 §4.2.2). */
    private static final Set<Integer> NO_VERDICT = Set.of(500, 501, 502, 503, 504, 530, 534, 538);

    private static final int MAX_SHOWN = 100;

    private final SessionState session;
    private final Endpoint endpoint;
    private final Pacing pacing;
    private ClientAttributes client = ClientAttributes.NONE;
    private int count;

    FailedLogins(SessionState session, Endpoint endpoint, Pacing pacing) {
        this.session = session;
        this.endpoint = endpoint;
        this.pacing = pacing;
    }

    /**
     * The reply to AUTH, after the delay of a failed login.
     *
     * @param user who the client claims to be, where the proxy knows
     */
    public Reply judge(Reply reply, String mechanism, Optional<String> user) {
        if (!reply.isPermanent() || NO_VERDICT.contains(reply.code())) {
            return reply;
        }
        count(session.connected());
        log.warn(
                "{} client={} login failed: user={} mechanism={} reply={}",
                session.id(),
                UnknownAddress.text(session.remoteAddress().getAddress()),
                user.map(FailedLogins::shown).orElse("-"),
                shown(mechanism),
                reply.code());
        pacing.pause(endpoint.failedLoginDelay());
        return count < endpoint.maxFailedLogins()
                ? reply
                : Continuation.of(reply, () -> Replies.TOO_MANY_FAILED_LOGINS);
    }

    /** After XCLIENT it is another client. */
    private void count(ClientAttributes by) {
        count = client.equals(by) ? count + 1 : 1;
        client = by;
    }

    private static String shown(String text) {
        return LogText.escape(text.substring(0, Math.min(text.length(), MAX_SHOWN)))
                .replace(" ", "\\x20");
    }
}
