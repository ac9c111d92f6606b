package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.HttpExchange;
import io.github.smtpproxy.service.TooLargeException;
import io.github.smtpproxy.service.WaitingThreads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The servers of one hook, and how they know us. Immutable; any thread.
 *
 * @param authorization the value of that field
 * @param raw whether they get the whole message once more, as it is
 */
record HookServers(Failover<Server> servers, Optional<String> authorization, boolean raw) {

    /** Octets of an answer beyond those of the request: a body that is replaced may be as long as the message. */
    private static final int MOST = 1 << 20;

    private static final int OK = 200;
    private static final int TOO_LARGE = 413;

    /** One of them. Its path and query are not for the log: they may be what its users must know. */
    record Server(URI url) {

        static Server parse(String text) {
            Objects.requireNonNull(text, "hook");
            try {
                URI url = URI.create(text);
                boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
                boolean plain = url.getRawUserInfo() == null && url.getRawFragment() == null;
                if (web && plain && isHost(url.getHost()) && url.getPort() <= 65535 && url.getPort() != 0) {
                    return new Server(url);
                }
            } catch (IllegalArgumentException noUrl) {
                // refused below
            }
            throw new IllegalArgumentException("hook must be like http://127.0.0.1:8080/hook, was \""
                    + text.replaceAll("//[^/]*@", "//...@").replaceAll("(?<=[^/:])[/?#].*", "/...") + "\"");
        }

        private static boolean isHost(String host) {
            return host != null && HostName.isValidOrAddress(host.replaceAll("[\\[\\]]", ""));
        }

        /** What is asked for: path and query. */
        String path() {
            String all = url.toASCIIString();
            String path = all.substring(
                    all.indexOf(url.getRawAuthority()) + url.getRawAuthority().length());
            return path.startsWith("/") ? path : "/" + path;
        }

        @Override
        public String toString() {
            return url.getScheme() + "://" + url.getRawAuthority();
        }
    }

    static HookServers at(String... urls) {
        Objects.requireNonNull(urls, "hook");
        Server[] servers = new Server[urls.length];
        for (int i = 0; i < urls.length; i++) {
            servers[i] = Server.parse(urls[i]);
        }
        return new HookServers(Failover.of(servers), Optional.empty(), false);
    }

    HookServers bearer(String token) {
        Objects.requireNonNull(token, "token");
        // RFC 6750 §2.1; the text of the error must not tell a token that was mistyped
        if (!token.matches("[A-Za-z0-9._~+/-]{1,4096}=*")) {
            throw new IllegalArgumentException("token must be 1 to 4096 letters, digits and ._~+/-, with = at its end");
        }
        return new HookServers(servers, Optional.of("Bearer " + token), raw);
    }

    HookServers basic(String user, String password) {
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
        // RFC 7617 §2
        if (!user.matches("[^:\\p{Cntrl}]{1,255}") || !password.matches("[^\\p{Cntrl}]{0,255}")) {
            throw new IllegalArgumentException(
                    "user must be 1 to 255 characters without a colon, and password as many");
        }
        byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        return new HookServers(
                servers, Optional.of("Basic " + Base64.getEncoder().encodeToString(both)), raw);
    }

    HookServers raw(boolean whole) {
        return new HookServers(servers, authorization, whole);
    }

    /** Asks one after the other until one answers so that it can be understood; before anything is committed. */
    HookAnswer ask(HookRequest request, Duration limit) throws IOException, InterruptedException {
        return servers.ask(limit, (server, part) -> ask(server, request, part));
    }

    /**
     * As {@link #ask}, from a session's thread and where there is no message yet.
     *
     * @throws IOException also where the hook wants one changed
     */
    HookAnswer askBeforeData(HookRequest request, Duration limit)
            throws IOException, TimeoutException, InterruptedException {
        Future<HookAnswer> asked = WaitingThreads.submit(() -> ask(request, limit));
        try {
            HookAnswer answer = asked.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            if (!answer.changes().isEmpty()) {
                throw new ProtocolException("the hook modifies a message that has not come yet");
            }
            return answer;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().toString(), e);
        } finally {
            asked.cancel(true);
        }
    }

    private HookAnswer ask(Server server, HookRequest request, Duration limit) throws IOException {
        long length;
        try (InputStream body = StalwartDialect.request(request, raw)) {
            length = body.transferTo(OutputStream.nullOutputStream());
        }
        int most = (int) Math.min(Integer.MAX_VALUE - 16, length + MOST);
        try (InputStream body = StalwartDialect.request(request, raw)) {
            return answer(
                    HttpExchange.send(server.url(), limit, new HttpExchange.Request(head(server, length), body), most));
        }
    }

    private static HookAnswer answer(HttpExchange.Response response) throws IOException {
        String status = "the hook replied with HTTP status " + response.status();
        return switch (response.status()) {
            case OK -> StalwartDialect.answer(response.body());
            case TOO_LARGE -> throw new TooLargeException(status);
            default -> throw new ProtocolException(status);
        };
    }

    private String head(Server server, long length) {
        StringBuilder head = new StringBuilder("POST " + server.path() + " HTTP/1.0\r\n");
        head.append(HttpExchange.field("Host", server.url().getRawAuthority()));
        head.append(HttpExchange.field("User-Agent", "smtpproxy"));
        head.append(HttpExchange.field("Content-Type", "application/json"));
        head.append(HttpExchange.field("Content-Length", Long.toString(length)));
        authorization.ifPresent(value -> head.append(HttpExchange.field("Authorization", value)));
        return head.toString();
    }

    /** Without the credentials. */
    @Override
    public String toString() {
        return servers.hosts().toString();
    }
}
