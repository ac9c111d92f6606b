package io.github.smtpproxy.oauth2;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.smtpproxy.service.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a token server is asked (RFC 6749 §2.3.1 and §3.2).
 *
 * @param clientSecret empty for a client without one
 * @param secretInHeader whether it goes as basic authentication
 */
record TokenRequest(
        URI endpoint,
        String clientId,
        Optional<String> clientSecret,
        boolean secretInHeader,
        Map<String, String> parameters,
        Duration limit) {

    /** What the settings have their own methods for. */
    static final Set<String> OWN = Set.of("grant_type", "client_id", "client_secret", "refresh_token");

    /** Parameters whose values are no secret; a client may prove with any other who it is, as with client_assertion (RFC 7521). */
    private static final Set<String> PUBLIC = Set.of("scope", "audience");

    static final int MAX_ANSWER = 64 * 1024;

    private static final int MAX_SETTING = 8_192;
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]", Pattern.CASE_INSENSITIVE);

    /** Checks the address of a token server. */
    static URI endpoint(String text) {
        Objects.requireNonNull(text, "endpoint");
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw badEndpoint();
        }
        boolean loopback =
                uri.getHost() != null && LOOPBACK.matcher(uri.getHost()).matches();
        boolean safe = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme()) && loopback;
        if (uri.getHost() == null || !safe || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw badEndpoint();
        }
        return uri;
    }

    /** Without the text: it may have a secret in it. */
    private static IllegalArgumentException badEndpoint() {
        return new IllegalArgumentException(
                "endpoint must be a URL of https, or of http on loopback, without a user and a fragment");
    }

    /** Checks a setting that may be a secret; the message does not show it. */
    static String printable(String setting, String value) {
        Objects.requireNonNull(value, setting);
        if (value.isEmpty() || value.length() > MAX_SETTING || !value.matches("[ -~]+")) {
            throw new IllegalArgumentException(setting + " must be 1 to " + MAX_SETTING
                    + " characters of printable US-ASCII, was " + value.length() + " characters");
        }
        return value;
    }

    /** The endpoint as it may be logged. */
    static String name(URI endpoint) {
        return endpoint.getScheme() + "://" + endpoint.getRawAuthority() + endpoint.getRawPath();
    }

    /** Asks with these parameters of a grant. */
    HttpExchange.Response send(Map<String, String> grant) throws IOException {
        Map<String, String> form = new LinkedHashMap<>(grant);
        form.putAll(parameters);
        if (!secretInHeader) {
            form.put("client_id", clientId);
            clientSecret.ifPresent(secret -> form.put("client_secret", secret));
        }
        byte[] body = form.entrySet().stream()
                .map(e -> encoded(e.getKey()) + "=" + encoded(e.getValue()))
                .collect(Collectors.joining("&"))
                .getBytes(UTF_8);
        return HttpExchange.send(
                endpoint,
                limit,
                new HttpExchange.Request(head(body.length), new ByteArrayInputStream(body)),
                MAX_ANSWER);
    }

    private String head(int length) {
        String path = endpoint.getRawPath().isEmpty() ? "/" : endpoint.getRawPath();
        String query = endpoint.getRawQuery() == null ? "" : "?" + endpoint.getRawQuery();
        String head = "POST " + path + query + " HTTP/1.1\r\n"
                + HttpExchange.field("Host", endpoint.getRawAuthority())
                + HttpExchange.field("Connection", "close")
                + HttpExchange.field("Accept", "application/json")
                + HttpExchange.field("Content-Type", "application/x-www-form-urlencoded")
                + HttpExchange.field("Content-Length", Integer.toString(length));
        return secretInHeader ? head + HttpExchange.field("Authorization", "Basic " + basic()) : head;
    }

    private String basic() {
        String pair = encoded(clientId) + ":" + encoded(clientSecret.orElse(""));
        return Base64.getEncoder().encodeToString(pair.getBytes(UTF_8));
    }

    /** What a server could quote of what it got, besides the tokens. */
    List<String> secrets() {
        List<String> secrets = new ArrayList<>();
        clientSecret.ifPresent(secret -> secrets.add(basic()));
        Stream.concat(
                        clientSecret.stream(),
                        parameters.entrySet().stream()
                                .filter(parameter -> !PUBLIC.contains(parameter.getKey()))
                                .map(Map.Entry::getValue))
                .forEach(secret -> secrets.addAll(List.of(secret, encoded(secret))));
        return secrets;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    @Override
    public String toString() {
        return name(endpoint);
    }
}
