package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import java.util.List;
import java.util.Optional;

/** Throws at each call, as a host's code may; undeclared checked exceptions, too. */
final class FailingUsers implements Authenticator {

    private final Throwable failure;
    private final List<String> mechanisms;

    FailingUsers(Throwable failure) {
        this(failure, List.of("SCRAM-SHA-256", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"));
    }

    FailingUsers(Throwable failure, List<String> mechanisms) {
        this.failure = failure;
        this.mechanisms = mechanisms;
    }

    @Override
    public boolean accepts(String user, String password) {
        throw FailingUsers.<RuntimeException>undeclared(failure);
    }

    @Override
    public boolean acceptsToken(String user, String token) {
        throw FailingUsers.<RuntimeException>undeclared(failure);
    }

    @Override
    public Optional<ScramSecret> scram(String user) {
        throw FailingUsers.<RuntimeException>undeclared(failure);
    }

    @Override
    public List<String> mechanisms() {
        return mechanisms;
    }

    @SuppressWarnings("unchecked")
    static <T extends Throwable> T undeclared(Throwable failure) throws T {
        throw (T) failure;
    }
}
