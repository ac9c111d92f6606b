package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Credentials.Password;
import io.github.smtpproxy.route.Credentials.Token;
import io.github.smtpproxy.route.TokenException;
import io.github.smtpproxy.route.TokenSource;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Chooses the mechanism by which the proxy logs in at a destination. */
public final class ClientExchanges {

    /** RFC 6750 §2.1. */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

    private ClientExchanges() {}

    /**
     * Starts an exchange of the strongest mechanism that is offered and fits the credentials: SCRAM-SHA-256 (if its library
     * is present), CRAM-MD5, PLAIN, LOGIN for a password; XOAUTH2, OAUTHBEARER for a token, which is fetched here and may
     * block. Empty if there is none.
     *
     * @param offered the names in the destination's EHLO, in any case
     * @param readable whether the secret itself may be sent, because the connection is encrypted
     * @throws NoTokenException if the token supplier throws or returns an invalid token
     * @throws ExchangeFailedException if SCRAM-SHA-256 cannot use the password, or if it is the only mechanism that fits and
     *     its library is missing
     */
    public static Optional<ClientExchange> choose(
            Credentials credentials, Collection<String> offered, boolean readable) {
        Set<String> names =
                offered.stream().map(name -> name.toUpperCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        if (credentials instanceof Password password) {
            return Optional.ofNullable(withPassword(password, names, readable));
        }
        return readable ? Optional.ofNullable(withToken((Token) credentials, names)) : Optional.empty();
    }

    private static ClientExchange withPassword(Password credentials, Set<String> names, boolean readable) {
        boolean scram = names.contains("SCRAM-SHA-256");
        if (scram && ScramLibrary.isPresent()) {
            return new ScramSha256Client(credentials);
        }
        if (names.contains("CRAM-MD5")) {
            return SimpleClient.cramMd5(credentials);
        }
        if (readable && names.contains("PLAIN")) {
            return SimpleClient.plain(credentials);
        }
        if (readable && names.contains("LOGIN")) {
            return SimpleClient.login(credentials);
        }
        if (scram) {
            throw new ExchangeFailedException(
                    "SCRAM-SHA-256 needs " + ScramLibrary.ARTIFACT + " on the class path: add it as a dependency");
        }
        return null;
    }

    private static ClientExchange withToken(Token credentials, Set<String> names) {
        boolean xoauth2 = names.contains("XOAUTH2");
        if (!xoauth2 && !names.contains("OAUTHBEARER")) {
            return null;
        }
        String token = fetched(credentials.tokens());
        SimpleClient login = xoauth2
                ? SimpleClient.xoauth2(credentials.user(), token)
                : SimpleClient.oauthBearer(credentials.user(), token);
        return login.onRefusal(() -> refused(credentials.tokens(), token));
    }

    private static String fetched(TokenSource tokens) {
        String token;
        try {
            token = tokens.token();
        } catch (TokenException e) {
            throw new NoTokenException("there is no token: " + e.getMessage());
        } catch (Throwable e) {
            // errors too: they must not end the session's thread
            throw new NoTokenException(e);
        }
        if (token == null || !TOKEN.matcher(token).matches()) {
            throw new NoTokenException("the token supplier returned an invalid bearer token (RFC 6750)");
        }
        return token;
    }

    private static boolean refused(TokenSource tokens, String token) {
        try {
            return tokens.refused(token);
        } catch (Throwable e) {
            // errors too, as above
            throw new NoTokenException(e);
        }
    }
}
