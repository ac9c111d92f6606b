package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import java.util.Optional;

/** PLAIN (RFC 4616). */
final class PlainServer implements ServerExchange {

    private final PasswordCheck check;
    private Optional<String> claimed = Optional.empty();

    PlainServer(Authenticator authenticator) {
        this.check = new PasswordCheck(authenticator);
    }

    @Override
    public Answer respond(byte[] response) {
        String[] parts = Text.of(response).split("\0", -1);
        if (parts.length != 3) {
            throw new MalformedResponseException("authzid, authcid and passwd must be separated by two NULs");
        }
        String user = Text.filled(parts[1]);
        String password = Text.filled(parts[2]);
        claimed = Optional.of(user);
        // There is no proxy authorization: a user authenticates as itself only.
        boolean itself = parts[0].isEmpty() || Text.prepared(parts[0]).equals(Text.prepared(user));
        return itself ? check.of(user, password) : new Failure(Kind.INVALID);
    }

    @Override
    public Optional<String> claimedUser() {
        return claimed;
    }
}
