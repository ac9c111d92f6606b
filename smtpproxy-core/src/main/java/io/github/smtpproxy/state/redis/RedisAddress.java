package io.github.smtpproxy.state.redis;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a Redis server is and how it is logged in to. As text it has no password.
 *
 * @param user if it is said; most servers have a password only
 */
record RedisAddress(
        boolean tls, String host, int port, int database, Optional<String> user, Optional<String> password) {

    private static final int DEFAULT_PORT = 6379;
    private static final Pattern SCHEME = Pattern.compile("rediss?");
    private static final Pattern DATABASE = Pattern.compile("/?|/\\d{1,4}");

    /** @throws IllegalArgumentException if it is none; the message does not show it, since it may hold a password */
    static RedisAddress parse(String text) {
        URI uri = uri(text);
        boolean written = SCHEME.matcher(String.valueOf(uri.getScheme())).matches()
                && uri.getHost() != null
                && uri.getPort() != 0
                && uri.getPort() <= 65535
                && DATABASE.matcher(uri.getPath()).matches()
                && uri.getQuery() == null
                && uri.getFragment() == null;
        if (!written) {
            throw malformed();
        }
        Optional<String> login = Optional.ofNullable(uri.getUserInfo());
        String database = uri.getPath().replace("/", "");
        return new RedisAddress(
                uri.getScheme().equals("rediss"),
                uri.getHost().replaceAll("[\\[\\]]", ""),
                uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
                database.isEmpty() ? 0 : Integer.parseInt(database),
                login.map(l -> l.substring(0, Math.max(0, l.indexOf(':')))).filter(u -> !u.isEmpty()),
                login.map(l -> l.substring(l.indexOf(':') + 1)).filter(p -> !p.isEmpty()));
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException withTheText) {
            throw malformed();
        }
    }

    private static IllegalArgumentException malformed() {
        return new IllegalArgumentException(
                "uri must be like redis://user:password@host:6379/0, rediss:// for TLS, with % and two digits for special"
                        + " characters; the one that was given is not shown");
    }

    @Override
    public String toString() {
        String bracketed = host.contains(":") ? "[" + host + "]" : host;
        return (tls ? "rediss://" : "redis://") + bracketed + ":" + port + "/" + database;
    }
}
