package io.github.smtpproxy.routing;

import io.github.smtpproxy.authentication.Login;
import io.github.smtpproxy.protocol.EnhancedStatus;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.service.Printable;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One answer of nginx's {@code auth_http}. Immutable; has no secret in its text. */
final class AuthHttpAnswer {

    private static final Pattern CODE = Pattern.compile("([45]\\d\\d)(?: ([45]\\.\\d{1,3}\\.\\d{1,3}))?");
    private static final int LONGEST_WAIT = 60;

    /** By their names in lower case. */
    private final Map<String, String> fields;

    private AuthHttpAnswer(Map<String, String> fields) {
        this.fields = fields;
    }

    /** @throws ProtocolException if it is none: without a status, or without a server where the status is OK */
    static AuthHttpAnswer of(Map<String, String> fields) throws ProtocolException {
        AuthHttpAnswer answer = new AuthHttpAnswer(fields);
        if (answer.field("auth-status").isEmpty()) {
            throw new ProtocolException("the answer has no Auth-Status");
        }
        answer.check("auth-error-code", CODE.pattern());
        answer.check("auth-wait", "\\d{1,5}");
        if (answer.isOk()) {
            boolean server = answer.field("auth-server")
                    .filter(s -> HostName.isValidOrAddress(withoutBrackets(s)))
                    .isPresent();
            boolean port = answer.field("auth-port")
                    .filter(p -> p.matches("\\d{1,5}"))
                    .map(Integer::valueOf)
                    .filter(p -> p > 0 && p < 65_536)
                    .isPresent();
            if (!server || !port) {
                throw new ProtocolException("the answer is OK and has no valid Auth-Server and Auth-Port");
            }
        }
        return answer;
    }

    private void check(String name, String pattern) throws ProtocolException {
        if (field(name).filter(value -> !value.matches(pattern)).isPresent()) {
            throw new ProtocolException("the answer's " + name + " is not valid");
        }
    }

    private static String withoutBrackets(String host) {
        return host.replaceAll("[\\[\\]]", "");
    }

    private Optional<String> field(String name) {
        return Optional.ofNullable(fields.get(name)).filter(value -> !value.isEmpty());
    }

    boolean isOk() {
        return fields.get("auth-status").toUpperCase(Locale.ROOT).equals("OK");
    }

    Destination server() {
        return Destination.at(withoutBrackets(fields.get("auth-server")), Integer.parseInt(fields.get("auth-port")));
    }

    /** This for a login, with the client's own user and password where the answer names no other. */
    AuthHttpAnswer orElse(String user, String password) {
        Map<String, String> all = new LinkedHashMap<>(fields);
        all.put("auth-user", field("auth-user").map(AuthHttpAnswer::utf8).orElse(user));
        all.put("auth-pass", field("auth-pass").map(AuthHttpAnswer::utf8).orElse(password));
        return new AuthHttpAnswer(Map.copyOf(all));
    }

    /** A field's octets, which were read one by one, as text. */
    private static String utf8(String octets) {
        return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Who is logged in. */
    String user() {
        return fields.get("auth-user");
    }

    /** Of a login. */
    Optional<Credentials> credentials() {
        return field("auth-user").flatMap(user -> field("auth-pass").map(pass -> Credentials.password(user, pass)));
    }

    /** The reply that refuses; the category of its status is that of its code. */
    Reply refusal(String withoutCode) {
        Matcher code = CODE.matcher(field("auth-error-code").orElse(withoutCode));
        if (!code.matches()) {
            throw new IllegalStateException("no code: " + code);
        }
        int number = Integer.parseInt(code.group(1));
        EnhancedStatus status = Optional.ofNullable(code.group(2))
                .flatMap(EnhancedStatus::parse)
                .map(s -> new EnhancedStatus(number / 100, s.subject(), s.detail()))
                .orElse(new EnhancedStatus(number / 100, 7, 0));
        return Reply.refusal(number, status.toString(), Printable.of(fields.get("auth-status")));
    }

    /** nginx ends the session where no time is named after which the client may try again. */
    Login.Refused refusedLogin() {
        Login.Refused refused = Login.refused(refusal("535 5.7.0"));
        return field("auth-wait")
                .map(Integer::valueOf)
                .filter(seconds -> seconds > 0)
                .map(seconds -> refused.after(Duration.ofSeconds(Math.min(seconds, LONGEST_WAIT))))
                .orElseGet(refused::closing);
    }

    @Override
    public String toString() {
        return "Auth-Status: " + Printable.of(fields.get("auth-status"));
    }
}
