package io.github.smtpproxy.route;

import java.util.Objects;
import java.util.function.Supplier;

/**
 * How the proxy logs in at a destination. Immutable; as text it is the user alone. Two with a password are equal if user
 * and password are; two with tokens, if user and source are.
 */
public sealed interface Credentials {

    /** The user's name; not empty, no control character. */
    String user();

    /**
     * A user and a password: neither empty, no control character in the name and no NUL in the password. The proxy logs in
     * by the strongest mechanism that the destination offers: SCRAM-SHA-256, CRAM-MD5, then PLAIN and LOGIN over TLS only.
     * SCRAM-SHA-256 is tried only with the optional dependency {@code com.ongres.scram:scram-client} on the class path.
     *
     * @throws IllegalArgumentException if one is empty, the name has a control character or the password a NUL
     */
    static Credentials password(String user, String password) {
        return new Password(user, password);
    }

    /**
     * A user and the supplier of tokens (OAuth 2.0 bearer, RFC 6750). It is asked anew for each login, on the
     * session's thread, by many at once; it may block. If it throws or gives no token, that login fails.
     *
     * @throws IllegalArgumentException if the name is empty or has a control character
     */
    static Credentials token(String user, Supplier<String> tokens) {
        return new Token(user, new SuppliedTokens(tokens));
    }

    /**
     * A user and where its tokens come from, such as {@code OAuth2Tokens.clientCredentials(endpoint, id, secret, scope)}: one
     * that the destination refuses is thrown away and the login tried once more with the next. The proxy logs in by XOAUTH2 or
     * OAUTHBEARER (RFC 7628), over TLS only.
     *
     * @param user the mailbox that the mail is sent as: both mechanisms name it, and a token of a program belongs to none
     * @throws IllegalArgumentException if the name is empty or has a control character
     */
    static Credentials oauth2(String user, TokenSource tokens) {
        return new Token(user, tokens);
    }

    /**
     * A user with a password.
     *
     * @param user the name
     * @param password never shown
     */
    record Password(String user, String password) implements Credentials {

        /** Checks both. */
        public Password {
            checkUser(user);
            Objects.requireNonNull(password, "password");
            if (password.isEmpty() || password.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("password must not be empty or contain NUL");
            }
        }

        @Override
        public String toString() {
            return user;
        }
    }

    /**
     * A user with tokens.
     *
     * @param user the name
     * @param tokens asked for each login
     */
    record Token(String user, TokenSource tokens) implements Credentials {

        /** Checks the name. */
        public Token {
            checkUser(user);
            Objects.requireNonNull(tokens, "tokens");
        }

        @Override
        public String toString() {
            return user;
        }
    }

    private static void checkUser(String user) {
        Objects.requireNonNull(user, "user");
        if (user.isEmpty() || user.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("user must not be empty or contain control characters");
        }
    }
}
