package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import java.util.Optional;

/** Whether a name and a password in plain text are right. */
final class PasswordCheck {

    private final Authenticator authenticator;

    PasswordCheck(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    /** Both prepared, as SCRAM has them (RFC 4616 §2), and then as they came: a host may keep them as they were typed. */
    Answer of(String user, String password) {
        Optional<String> name = Text.prepared(user);
        Optional<String> secret = Text.prepared(password);
        if (name.isEmpty() || secret.isEmpty()) {
            return new Failure(Kind.INVALID);
        }
        if (authenticator.accepts(name.get(), secret.get())) {
            return new Success(name.get());
        }
        boolean changed = !name.get().equals(user) || !secret.get().equals(password);
        return changed && authenticator.accepts(user, password) ? new Success(user) : new Failure(Kind.INVALID);
    }
}
