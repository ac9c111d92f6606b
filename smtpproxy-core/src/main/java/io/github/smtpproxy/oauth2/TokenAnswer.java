package io.github.smtpproxy.oauth2;

import io.github.smtpproxy.json.Json;
import io.github.smtpproxy.service.HttpExchange;
import io.github.smtpproxy.service.Printable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A token server's answer (RFC 6749 §5). Nothing of it is used unchecked.
 *
 * @param token to log in with
 * @param lifetime how long it is valid
 */
record TokenAnswer(String token, Duration lifetime) {

    /** RFC 6749 §5.2: what another request does not change. */
    private static final Set<String> PERMANENT = Set.of(
            "invalid_request",
            "invalid_client",
            "invalid_grant",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope");

    /** RFC 6750 §2.1; a line of AUTH has room for so many (RFC 4954 §4). */
    private static final Pattern TOKEN = Pattern.compile("(?=.{1,8000}$)[A-Za-z0-9._~+/-]+=*");

    private static final Pattern REFRESH_TOKEN = Pattern.compile("[ -~]{1,8192}");
    private static final Pattern ERROR = Pattern.compile("[A-Za-z0-9_.-]{1,60}");

    /** Of a token that comes without one (RFC 6749 §5.1 recommends it). */
    private static final Duration UNTOLD = Duration.ofMinutes(5);

    private static final long LONGEST_SECONDS = Duration.ofDays(1).toSeconds();
    private static final int LONGEST_RETRY_SECONDS = 600;

    @Override
    public String toString() {
        return "a token for " + lifetime;
    }

    /**
     * Reads it.
     *
     * @param secrets what must not be in a message
     * @param refreshed gets a refresh token that takes the place of the one that was sent, whatever the rest is like:
     *     that one may be valid once only
     */
    static TokenAnswer of(HttpExchange.Response response, List<String> secrets, Consumer<String> refreshed)
            throws TokenRefusedException {
        Map<String, Object> json = json(response);
        if (response.status() != 200) {
            throw refusal(response, json, secrets);
        }
        refreshToken(json).ifPresent(refreshed);
        String type = Json.text(json, "token_type").orElse("Bearer");
        if (!type.equalsIgnoreCase("Bearer")) {
            throw new TokenRefusedException("the server gives no bearer token", true, Duration.ZERO);
        }
        String token = Json.text(json, "access_token").orElse("");
        if (!TOKEN.matcher(token).matches()) {
            throw TokenRefusedException.forNow("the server answers without a token that can be used");
        }
        return new TokenAnswer(token, lifetime(json));
    }

    private static Optional<String> refreshToken(Map<String, Object> json) throws TokenRefusedException {
        Optional<String> refresh = Json.text(json, "refresh_token").filter(t -> !t.isEmpty());
        if (refresh.filter(t -> !REFRESH_TOKEN.matcher(t).matches()).isPresent()) {
            throw TokenRefusedException.forNow("the server answers with a refresh token that cannot be used");
        }
        return refresh;
    }

    /** An error of the parser would quote what it read. */
    private static Map<String, Object> json(HttpExchange.Response response) throws TokenRefusedException {
        try {
            return Json.object(response.body(), response.body().length);
        } catch (IOException e) {
            if (response.status() != 200) {
                return Map.of();
            }
            throw TokenRefusedException.forNow("the server's answer is no JSON object");
        }
    }

    /** Some servers write the number as text. */
    private static Duration lifetime(Map<String, Object> json) throws TokenRefusedException {
        OptionalDouble number = Json.number(json, "expires_in");
        Optional<String> text = Json.text(json, "expires_in").filter(t -> t.matches("-?\\d{1,9}"));
        if (number.isEmpty() && text.isEmpty()) {
            return UNTOLD;
        }
        double seconds = text.isPresent() ? Integer.parseInt(text.get()) : number.getAsDouble();
        if (!(seconds >= 1)) {
            throw TokenRefusedException.forNow("the server's token has expired already");
        }
        return Duration.ofSeconds((long) Math.min(seconds, LONGEST_SECONDS));
    }

    private static TokenRefusedException refusal(
            HttpExchange.Response response, Map<String, Object> json, List<String> secrets) {
        String error = Json.text(json, "error")
                .filter(e -> ERROR.matcher(e).matches() && !Secrets.quotes(e, secrets))
                .orElse("");
        String description = Json.text(json, "error_description")
                .filter(d -> !Secrets.quotes(d, secrets))
                .map(d -> " (" + Printable.of(d) + ")")
                .orElse("");
        boolean permanent = response.status() < 500 && PERMANENT.contains(error);
        String why = "the server answers " + response.status() + (error.isEmpty() ? "" : " " + error + description);
        return new TokenRefusedException(why, permanent, retryAfter(response));
    }

    private static Duration retryAfter(HttpExchange.Response response) {
        String seconds = response.fields().getOrDefault("retry-after", "");
        return seconds.matches("\\d{1,9}")
                ? Duration.ofSeconds(Math.min(Integer.parseInt(seconds), LONGEST_RETRY_SECONDS))
                : Duration.ZERO;
    }
}
