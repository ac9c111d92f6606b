package io.github.smtpproxy.routing;

import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.service.HttpExchange;
import io.github.smtpproxy.session.Session;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** One question of nginx's {@code auth_http}: its fields, in nginx's order. */
final class AuthHttpRequest {

    private final Map<String, String> fields = new LinkedHashMap<>();

    private AuthHttpRequest(String method) {
        fields.put("Auth-Method", method);
    }

    /** A login; nginx calls LOGIN plain too. */
    static AuthHttpRequest login(Session session, String user, String password, int attempt) {
        AuthHttpRequest request = new AuthHttpRequest("plain");
        request.fields.put("Auth-User", escaped(user));
        request.fields.put("Auth-Pass", escaped(password));
        return request.about(session, attempt);
    }

    /** The first recipient, or a further one, of a client that has not logged in. */
    static AuthHttpRequest withoutLogin(Session session, MailFrom mail, RcptTo rcpt, int attempt) {
        AuthHttpRequest request = new AuthHttpRequest("none");
        request.fields.put("Auth-User", "");
        request.fields.put("Auth-Pass", "");
        request.about(session, attempt);
        request.fields.put("Auth-SMTP-Helo", session.hello().map(Hello::name).orElse(""));
        request.fields.put("Auth-SMTP-From", mail.wireLine());
        request.fields.put("Auth-SMTP-To", rcpt.wireLine());
        return request;
    }

    private AuthHttpRequest about(Session session, int attempt) {
        fields.put("Auth-Protocol", "smtp");
        fields.put("Auth-Login-Attempt", Integer.toString(attempt));
        InetAddress client = session.remoteAddress().getAddress();
        if (!client.isAnyLocalAddress()) {
            fields.put("Client-IP", client.getHostAddress().replaceFirst("%.*", ""));
        }
        fields.put("Client-Host", "[UNAVAILABLE]");
        session.tls().ifPresent(tls -> {
            fields.put("Auth-SSL", "on");
            fields.put("Auth-SSL-Protocol", tls.protocol());
            fields.put("Auth-SSL-Cipher", tls.cipherSuite());
        });
        return this;
    }

    /** What nginx escapes: a space, a percent sign and what is no character. In UTF-8. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            int c = octet & 0xFF;
            escaped.append(c <= ' ' || c == '%' ? String.format("%%%02X", c) : Character.toString(c));
        }
        return escaped.toString();
    }

    /** Request line and fields. */
    String head(URI url, Map<String, String> more) {
        String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        StringBuilder head = new StringBuilder("GET " + path + query + " HTTP/1.0\r\n");
        append(head, "Host", url.getRawAuthority());
        fields.forEach((name, value) -> append(head, name, value));
        more.forEach((name, value) -> append(head, name, value));
        return head.toString();
    }

    private static void append(StringBuilder head, String name, String value) {
        head.append(HttpExchange.field(name, value));
    }

    /**
     * Reads the URL of a server.
     *
     * @throws IllegalArgumentException if it is none, or has a user
     */
    static URI url(String text) {
        Objects.requireNonNull(text, "url");
        try {
            URI url = URI.create(text);
            boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            if (web && url.getRawUserInfo() == null && url.getRawFragment() == null && isHost(url.getHost())) {
                return url;
            }
        } catch (IllegalArgumentException noUrl) {
            // refused below
        }
        throw new IllegalArgumentException(
                "url must be like http://127.0.0.1:9000/auth, was \"" + text.replaceAll("//[^/]*@", "//...@") + "\"");
    }

    private static boolean isHost(String host) {
        return host != null && HostName.isValidOrAddress(host.replaceAll("[\\[\\]]", ""));
    }
}
