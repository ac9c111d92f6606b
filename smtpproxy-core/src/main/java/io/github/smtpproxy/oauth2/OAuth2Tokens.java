package io.github.smtpproxy.oauth2;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.json.JsonLibrary;
import io.github.smtpproxy.route.TokenSource;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Access tokens of a token server (OAuth 2.0, RFC 6749), for {@code Credentials.oauth2}: the proxy logs in with them at
 * destinations that take no password, such as Microsoft 365 and Google.
 *
 * <p>A token is kept and serves all logins. From 80 % of its lifetime on, the login that comes first asks for the next one
 * while the others go on with it; where there is none, all wait for one request. A server that fails is asked again after 1 s,
 * then after twice the time, up to 1 minute; one that refuses for good ({@code invalid_grant} and the like) after 5 minutes.
 * A token that a destination refuses is thrown away, once a minute at most. Logs and exceptions name the server, its status and
 * its error, and no secret.
 *
 * <p>Each setting makes another one, which has no token yet: give the same to all destinations of one login. Any thread. Needs
 * {@code com.fasterxml.jackson.core:jackson-core}.
 */
public final class OAuth2Tokens implements TokenSource, Cloneable {

    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final int MAX_PARAMETERS = 20;

    private final URI endpoint;
    private final String clientId;
    private final LongSupplier nanoTime;
    private Optional<String> clientSecret = Optional.empty();
    private Optional<String> refreshToken = Optional.empty();
    private boolean secretInHeader;
    private Map<String, String> parameters = Map.of();
    private Duration limit = Duration.ofSeconds(10);
    private Consumer<String> rotated = token -> {};
    private TokenCache cache;

    private OAuth2Tokens(String endpoint, String clientId, LongSupplier nanoTime) {
        JsonLibrary.require("OAuth2Tokens");
        this.endpoint = TokenRequest.endpoint(endpoint);
        this.clientId = TokenRequest.printable("clientId", clientId);
        this.nanoTime = nanoTime;
        this.cache = cache();
    }

    /**
     * Tokens of a program of its own (RFC 6749 §4.4).
     *
     * @param endpoint the server's token endpoint: {@code https}, or {@code http} on loopback
     * @param scope what they are for, such as {@code https://outlook.office365.com/.default}
     */
    public static OAuth2Tokens clientCredentials(String endpoint, String clientId, String clientSecret, String scope) {
        return clientCredentials(endpoint, clientId, clientSecret, scope, System::nanoTime);
    }

    static OAuth2Tokens clientCredentials(
            String endpoint, String clientId, String clientSecret, String scope, LongSupplier nanoTime) {
        return new OAuth2Tokens(endpoint, clientId, nanoTime)
                .clientSecret(clientSecret)
                .scope(scope);
    }

    /**
     * Tokens that somebody has let the program have, by a refresh token (RFC 6749 §6). The server may answer with another
     * refresh token, which takes its place: see {@link #onRotation}.
     *
     * @param endpoint the server's token endpoint: {@code https}, or {@code http} on loopback
     */
    public static OAuth2Tokens refreshToken(String endpoint, String clientId, String refreshToken) {
        return refreshToken(endpoint, clientId, refreshToken, System::nanoTime);
    }

    static OAuth2Tokens refreshToken(String endpoint, String clientId, String refreshToken, LongSupplier nanoTime) {
        OAuth2Tokens tokens = new OAuth2Tokens(endpoint, clientId, nanoTime);
        tokens.refreshToken = Optional.of(TokenRequest.printable("refreshToken", refreshToken));
        tokens.cache = tokens.cache();
        return tokens;
    }

    /** This with the secret of the client, which some servers want along with a refresh token. */
    public OAuth2Tokens clientSecret(String secret) {
        String checked = TokenRequest.printable("clientSecret", secret);
        return with(t -> t.clientSecret = Optional.of(checked));
    }

    /** This sending the client's id and secret as HTTP's basic authentication (RFC 6749 §2.3.1), not in the form. */
    public OAuth2Tokens secretInHeader() {
        return with(t -> t.secretInHeader = true);
    }

    /** This with what the tokens are for: names with spaces between them. */
    public OAuth2Tokens scope(String scope) {
        return parameter("scope", TokenRequest.printable("scope", scope));
    }

    /** This with one more parameter of each request, such as {@code audience}; 20 at most. */
    public OAuth2Tokens parameter(String name, String value) {
        TokenRequest.printable("name", name);
        TokenRequest.printable("value", value);
        if (TokenRequest.OWN.contains(name)) {
            throw new IllegalArgumentException("parameter must be none of " + TokenRequest.OWN + ", was " + name);
        }
        Map<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        if (more.size() > MAX_PARAMETERS) {
            throw new IllegalArgumentException(
                    "parameters must be at most " + MAX_PARAMETERS + ", were " + more.size());
        }
        return with(t -> t.parameters = more);
    }

    /** This with a limit of the time that an answer may take: 10 s by default, 1 minute at most. */
    public OAuth2Tokens within(Duration value) {
        return with(t -> t.limit = TimeLimit.check("limit", value, LONGEST));
    }

    /**
     * This reporting each new refresh token: a program that keeps it can begin with it after a restart.
     *
     * @param store called by one thread at a time, in order, within the login that has asked, which waits for it; the others go
     *     on. Where it is slower than the server rotates, it gets the newest token only. If it throws, the log says so,
     *     and the token is used all the same
     */
    public OAuth2Tokens onRotation(Consumer<String> store) {
        Objects.requireNonNull(store, "store");
        return with(t -> t.rotated = store);
    }

    private OAuth2Tokens with(Consumer<OAuth2Tokens> change) {
        try {
            OAuth2Tokens copy = (OAuth2Tokens) clone();
            change.accept(copy);
            copy.cache = copy.cache();
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private TokenCache cache() {
        TokenRequest request =
                new TokenRequest(endpoint, clientId, clientSecret, secretInHeader, Map.copyOf(parameters), limit);
        return new TokenCache(toString(), new TokenGrant(request, refreshToken, rotated), limit, nanoTime);
    }

    @Override
    public String token() {
        return cache.token();
    }

    @Override
    public boolean refused(String token) {
        Objects.requireNonNull(token, "token");
        return cache.refused(token);
    }

    /** The server and the client's id. */
    @Override
    public String toString() {
        return TokenRequest.name(endpoint) + " for " + clientId;
    }
}
