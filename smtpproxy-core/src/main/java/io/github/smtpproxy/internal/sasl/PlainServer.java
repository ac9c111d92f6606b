package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;

/** PLAIN (RFC 4616). */
final class PlainServer implements ServerExchange {

    private final Authenticator authenticator;

    PlainServer(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    @Override
    public Answer respond(byte[] response) {
        String[] parts = Text.of(response).split("\0", -1);
        if (parts.length != 3) {
            throw new MalformedResponse("two NULs part authzid, authcid and passwd");
        }
        String user = Text.filled(parts[1]);
        String password = Text.filled(parts[2]);
        // Nobody acts for another here.
        boolean itself = parts[0].isEmpty() || parts[0].equals(user);
        return itself && authenticator.accepts(user, password) ? new Success(user) : new Failure(Kind.INVALID);
    }
}
