package io.github.smtpproxy.inspect;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.json.JsonText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The page of {@link Inspect} while it is served. Any thread. */
public final class InspectPage implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration EVERY = Duration.ofMillis(300);
    private static final int BACKLOG = 128;
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private final HttpServer server;
    private final Requests requests;
    private final Access access;
    private final Recorder recorder;
    private final Viewers viewers;

    InspectPage(Inspect settings) {
        this(settings, PATIENCE, EVERY);
    }

    /**
     * @param patience how long a request may take, and a write to who looks
     * @param every how long who looks waits for changes
     */
    InspectPage(Inspect settings, Duration patience, Duration every) {
        recorder = new Recorder(settings.kept(), this::close);
        try {
            server = HttpServer.create(settings.where(), BACKLOG);
        } catch (IOException e) {
            throw new IllegalStateException("inspect: cannot listen on " + settings + ": " + e.getMessage(), e);
        }
        access = new Access(settings.token(), server.getAddress());
        requests = new Requests(patience);
        viewers = new Viewers(recorder, requests, every);
        server.setExecutor(requests);
        serve();
        server.start();
    }

    private void serve() {
        byte[] page = resource("page.html");
        at("/", request -> page(request, page));
        file("/page.js", "text/javascript");
        file("/page.css", "text/css");
        at("/favicon.ico", request -> send(request, 204, "image/x-icon", new byte[0]));
        at("/events", viewers::serve);
        at("/session", this::session);
    }

    private interface Answer {
        void to(HttpExchange request) throws IOException;
    }

    private void at(String path, Answer answer) {
        server.createContext(path, request -> {
            try (request) {
                int refusal = access.refusal(request);
                if (refusal == 0 && !request.getRequestURI().getPath().equals(path)) {
                    refusal = 404;
                }
                if (refusal != 0) {
                    send(request, refusal, "text/plain", ("" + refusal).getBytes(StandardCharsets.US_ASCII));
                } else {
                    answer.to(request);
                }
            }
        });
    }

    /** It is read once, not by a thread that may be interrupted. */
    private void file(String path, String type) {
        byte[] body = resource(path.substring(1));
        at(path, request -> send(request, 200, type, body));
    }

    private void page(HttpExchange request, byte[] page) throws IOException {
        if (access.inAddress(request)) {
            keepToken(request);
        } else {
            send(request, 200, "text/html", page);
        }
    }

    /** The browser keeps it, and the address loses it. */
    private void keepToken(HttpExchange request) throws IOException {
        request.getResponseHeaders().set("Set-Cookie", access.cookie());
        request.getResponseHeaders().set("Location", "/");
        send(request, 303, "text/plain", new byte[0]);
    }

    private void session(HttpExchange request) throws IOException {
        String query =
                Optional.ofNullable(request.getRequestURI().getRawQuery()).orElse("");
        String[] parts = query.matches("[A-Za-z0-9_-]{1,40},[0-9]{1,6}") ? query.split(",") : new String[] {"", "0"};
        Optional<Recorded> found = recorder.find(parts[0]);
        Map<String, Object> details =
                found.map(r -> r.details(Integer.parseInt(parts[1]))).orElse(Map.of());
        byte[] body = JsonText.of(details).readAllBytes();
        send(request, found.isPresent() ? 200 : 404, "application/json", body);
    }

    private static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(InspectPage.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void send(HttpExchange request, int status, String type, byte[] body) throws IOException {
        Headers headers = request.getResponseHeaders();
        headers.set("Content-Type", type + "; charset=utf-8");
        secure(headers);
        request.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        request.getResponseBody().write(body);
    }

    static void secure(Headers headers) {
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cache-Control", "no-store");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
    }

    /** Where it is served. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /** What the proxy's builder gets as a listener. */
    public ProxyListener listener() {
        return recorder;
    }

    /** What the proxy's builder gets as a transcript. */
    public Transcript transcript() {
        return recorder;
    }

    @Override
    public void close() {
        viewers.close();
        server.stop(0);
        requests.close();
    }
}
