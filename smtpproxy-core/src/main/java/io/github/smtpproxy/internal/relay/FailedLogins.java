package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logins that failed, wherever they end: who guesses is slowed down, written down, and sent away. */
final class FailedLogins {

    private static final Logger log = LoggerFactory.getLogger(RelaySession.class);

    /** They say that a command was wrong, or too early, and nothing of a password (RFC 4954 §6, RFC 5321 §4.2.2). */
    private static final Set<Integer> NO_VERDICT = Set.of(500, 501, 502, 503, 504, 530, 534, 538);

    private static final int MAX_SHOWN = 100;

    private final Conversation conversation;
    private ClientAttributes client = ClientAttributes.NONE;
    private int count;

    FailedLogins(Conversation conversation) {
        this.conversation = conversation;
    }

    /**
     * What AUTH is answered with. A failed login waits.
     *
     * @param user who the client said that it is, where anybody here knows
     */
    void answer(Reply reply, String mechanism, Optional<String> user) throws IOException {
        boolean failed = reply.isPermanent() && !NO_VERDICT.contains(reply.code());
        if (failed) {
            count(conversation.session.connected());
            log.warn(
                    "{} client={} login failed: user={} mechanism={} reply={}",
                    conversation.session.id(),
                    UnknownAddress.text(conversation.session.remoteAddress().getAddress()),
                    user.map(FailedLogins::shown).orElse("-"),
                    shown(mechanism),
                    reply.code());
            conversation.pause(conversation.relay.endpoint().failedLoginDelay());
        }
        conversation.owe(reply);
        if (failed && count >= conversation.relay.endpoint().maxFailedLogins()) {
            conversation.say(Replies.TOO_MANY_FAILED_LOGINS);
        }
    }

    /** Behind XCLIENT it is another that guesses. */
    private void count(ClientAttributes by) {
        count = client.equals(by) ? count + 1 : 1;
        client = by;
    }

    private static String shown(String said) {
        return LogText.escape(said.substring(0, Math.min(said.length(), MAX_SHOWN)))
                .replace(" ", "\\x20");
    }
}
