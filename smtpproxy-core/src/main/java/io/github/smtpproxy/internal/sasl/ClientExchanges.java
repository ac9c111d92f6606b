package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Credentials.Password;
import io.github.smtpproxy.route.Credentials.Token;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Chooses how the proxy logs in. */
public final class ClientExchanges {

    /** RFC 6750 §2.1. */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

    private ClientExchanges() {}

    /**
     * The strongest mechanism that is offered and that these credentials serve: SCRAM-SHA-256, CRAM-MD5, PLAIN, LOGIN for a
     * password; XOAUTH2, OAUTHBEARER for a token, which is fetched here and may block. Empty if there is none.
     *
     * @param offered as the destination's EHLO lists them, in any case
     * @param readable whether what is sent may be the secret itself: the connection is TLS, or its owner allows it in clear
     * @throws ExchangeFailedException if the supplier of the tokens throws, or gives what is no token; or the library cannot use the
     *     password
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
        if (names.contains("SCRAM-SHA-256")) {
            return new ScramSha256Client(credentials);
        }
        if (names.contains("CRAM-MD5")) {
            return StepsClient.cramMd5(credentials);
        }
        if (readable && names.contains("PLAIN")) {
            return StepsClient.plain(credentials);
        }
        return readable && names.contains("LOGIN") ? StepsClient.login(credentials) : null;
    }

    private static ClientExchange withToken(Token credentials, Set<String> names) {
        if (names.contains("XOAUTH2")) {
            return StepsClient.xoauth2(credentials.user(), fetched(credentials));
        }
        return names.contains("OAUTHBEARER") ? StepsClient.oauthBearer(credentials.user(), fetched(credentials)) : null;
    }

    private static String fetched(Token credentials) {
        String token;
        try {
            token = credentials.tokens().get();
        } catch (Throwable e) {
            // an error too, or one session would end for each that meets it
            throw new ExchangeFailedException("the supplier of tokens", e);
        }
        if (token == null || !TOKEN.matcher(token).matches()) {
            throw new ExchangeFailedException("the supplier of tokens gave what is no bearer token (RFC 6750)");
        }
        return token;
    }
}
