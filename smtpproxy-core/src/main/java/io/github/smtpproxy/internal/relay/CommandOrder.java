package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Verb.Trait;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.util.Optional;

/** The order of commands (RFC 5321 §4.1.4): what must come before a verb, and the throttles that may refuse it. */
final class CommandOrder {

    private CommandOrder() {}

    /**
     * Why a verb is refused now.
     *
     * @param name as the client sent it, in upper case
     */
    static Optional<Reply> refusal(Verb verb, String name, RelaySession session) {
        boolean helloNeeded =
                session.state().home().isEmpty() && session.state().hello().isEmpty();
        Optional<Reply> refusal = session.admission().refusal(verb.name(), verb.is(Trait.BEFORE_EHLO), helloNeeded);
        if (refusal.isPresent()) {
            return refusal;
        }
        if (session.tls().isMissing() && !verb.is(Trait.BEFORE_TLS)) {
            return Optional.of(Replies.TLS_NEEDED);
        }
        return isLoginMissing(session) && !verb.is(Trait.BEFORE_LOGIN)
                ? Optional.of(Replies.LOGIN_NEEDED)
                : session.pacing().before(new Step.Command(session.state(), name));
    }

    private static boolean isLoginMissing(RelaySession session) {
        return session.relay().endpoint().loginRequired() && !session.state().authenticated();
    }
}
