package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.Login;
import io.github.smtpproxy.authentication.Login.Accepted;
import io.github.smtpproxy.authentication.Login.Refused;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Refusal;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import java.util.Objects;
import java.util.Optional;

/** Checks a user and a password, for PLAIN and LOGIN. */
final class PasswordCheck {

    private final Authenticator authenticator;

    PasswordCheck(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    /** Asks for both as prepared by SASLprep (RFC 4616 §2), then as received: a host may store them unprepared. */
    Answer of(String user, String password) {
        Optional<String> name = Text.prepared(user);
        Optional<String> secret = Text.prepared(password);
        if (name.isEmpty() || secret.isEmpty()) {
            return new Failure(Kind.INVALID);
        }
        Login login = authenticator.login(name.get(), secret.get());
        boolean changed = !name.get().equals(user) || !secret.get().equals(password);
        return changed && login instanceof Refused ? answer(authenticator.login(user, password)) : answer(login);
    }

    private static Answer answer(Login login) {
        if (login instanceof Accepted accepted) {
            return new Success(accepted.user());
        }
        Refused refused = (Refused) Objects.requireNonNull(login, "login");
        return refused.equals(Login.refused()) ? new Failure(Kind.INVALID) : new Refusal(refused);
    }
}
