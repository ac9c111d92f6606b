package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import java.util.Optional;

/** LOGIN, which no standard defines: the user, then the password. An initial response is the user. */
final class LoginServer implements ServerExchange {

    private final PasswordCheck check;
    private Optional<String> user = Optional.empty();

    LoginServer(Authenticator authenticator) {
        this.check = new PasswordCheck(authenticator);
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
        return check.of(user.get(), text);
    }

    @Override
    public Optional<String> claimedUser() {
        return user;
    }
}
