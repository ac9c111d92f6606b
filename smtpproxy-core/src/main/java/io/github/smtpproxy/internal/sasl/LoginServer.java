package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import java.util.Optional;

/** LOGIN: no standard, but what clients do; an initial response is the name. */
final class LoginServer implements ServerExchange {

    private final Authenticator authenticator;
    private Optional<String> user = Optional.empty();

    LoginServer(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    @Override
    public Answer start(Optional<byte[]> initialResponse) {
        return initialResponse.map(this::respond).orElseGet(() -> new Challenge(Text.utf8("Username:")));
    }

    @Override
    public Answer respond(byte[] response) {
        String text = Text.filled(Text.of(response));
        if (user.isEmpty()) {
            user = Optional.of(text);
            return new Challenge(Text.utf8("Password:"));
        }
        return authenticator.accepts(user.get(), text) ? new Success(user.get()) : new Failure(Kind.INVALID);
    }
}
