package io.github.smtpproxy.inspect;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Who may look: those who know the token, and never a page of another origin in somebody's browser. */
final class Access {

    private static final Pattern LOOPBACK = Pattern.compile("(localhost|127(\\.\\d{1,3}){3}|\\[::1])(:\\d+)?");

    private final Optional<String> token;
    private final boolean loopback;
    /** Cookies are those of a host, whatever the port. */
    private final String cookie;
    /** What a browser keeps in place of the token. */
    private final String kept = HexFormat.of().formatHex(new SecureRandom().generateSeed(24));

    Access(Optional<String> token, InetSocketAddress where) {
        this.token = token;
        this.loopback = where.getAddress().isLoopbackAddress();
        this.cookie = "smtpproxy-inspect-" + where.getPort();
    }

    /** Why this request is refused: an HTTP status; 0 where it is not. */
    int refusal(HttpExchange request) {
        if (!request.getRequestMethod().equals("GET")) {
            return 405;
        }
        if (!isOfThisPage(request.getRequestHeaders())) {
            return 403;
        }
        return token.isEmpty() || isKnown(request) ? 0 : 401;
    }

    /** A name of another site that leads to this address (DNS rebinding) is refused by Host, a request of its page by Origin. */
    private boolean isOfThisPage(Headers headers) {
        String host = Optional.ofNullable(headers.getFirst("Host")).orElse("");
        String site = Optional.ofNullable(headers.getFirst("Sec-Fetch-Site")).orElse("none");
        String origin = Optional.ofNullable(headers.getFirst("Origin")).orElse("http://" + host);
        boolean rightHost = !loopback || LOOPBACK.matcher(host).matches();
        return rightHost && (site.equals("same-origin") || site.equals("none")) && isOf(host, origin);
    }

    private static boolean isOf(String host, String origin) {
        return origin.equals("http://" + host) || origin.equals("https://" + host);
    }

    private boolean isKnown(HttpExchange request) {
        Headers headers = request.getRequestHeaders();
        String bearer = Optional.ofNullable(headers.getFirst("Authorization"))
                .filter(value -> value.startsWith("Bearer "))
                .map(value -> value.substring("Bearer ".length()))
                .orElse("");
        return isToken(bearer) || hasCookie(headers) || inAddress(request);
    }

    private boolean hasCookie(Headers headers) {
        return headers.getOrDefault("Cookie", List.of()).stream()
                .flatMap(line -> Stream.of(line.split("; ?")))
                .anyMatch(one -> same(cookie + "=" + kept, one));
    }

    /** Whether the address has the token, so that it is to be kept elsewhere: addresses stand in histories and logs. */
    boolean inAddress(HttpExchange request) {
        String query =
                Optional.ofNullable(request.getRequestURI().getRawQuery()).orElse("");
        return query.startsWith("token=") && isToken(query.substring("token=".length()));
    }

    /** What makes a browser known from now on. */
    String cookie() {
        return cookie + "=" + kept + "; Path=/; HttpOnly; SameSite=Strict";
    }

    private boolean isToken(String value) {
        return token.filter(right -> same(right, value)).isPresent();
    }

    /** In a time that does not tell how much of it is right. */
    private static boolean same(String right, String value) {
        return MessageDigest.isEqual(right.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
    }
}
