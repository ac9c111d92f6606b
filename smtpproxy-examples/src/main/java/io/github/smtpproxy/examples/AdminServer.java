package io.github.smtpproxy.examples;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Prometheus scrapes, what an orchestrator asks, and a drain: {@code GET /metrics}, {@code /healthz}, {@code /livez},
 * {@code /readyz} and {@code POST /drain}.
 */
final class AdminServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private static final int THREADS = 32;
    private static final int ACCEPTED = 202;

    private final HttpServer http;
    private final Optional<String> token;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, AdminServer::thread);

    private AdminServer(HttpServer http, Optional<String> token) {
        this.http = http;
        this.token = token;
    }

    /**
     * Takes the port, and answers nothing yet.
     *
     * @param token of those who drain it from elsewhere
     * @throws IllegalStateException if the port is not to be had
     */
    static AdminServer open(InetSocketAddress at, Optional<String> token) {
        try {
            return new AdminServer(HttpServer.create(at, 0), token);
        } catch (IOException e) {
            throw new IllegalStateException("--admin cannot listen on " + at + ": " + e.getMessage(), e);
        }
    }

    /** @param ownServers whether a gateway none of whose destinations can be reached is down */
    void serve(GatewayService service, PrometheusMeterRegistry registry, boolean ownServers) {
        answer("/metrics", request -> metrics(request, registry));
        answer("/healthz", request -> {
            Health health = Health.of(service, ownServers);
            return Answer.of(health.status(), JSON, health.toJson());
        });
        answer("/livez", request -> Answer.of(200, TEXT, "ok\n"));
        answer(
                "/readyz",
                request -> service.isReady() ? Answer.of(200, TEXT, "ok\n") : Answer.of(503, TEXT, "draining\n"));
        http.createContext("/drain", exchange -> drain(exchange, service));
        http.createContext("/", exchange -> send(exchange, Answer.of(404, TEXT, "not found\n")));
        http.setExecutor(threads);
        http.start();
        log.info(
                "admin: http://{}:{}",
                http.getAddress().getHostString(),
                http.getAddress().getPort());
    }

    @Override
    public void close() {
        http.stop(0);
        threads.shutdownNow();
    }

    private void answer(String path, Page page) {
        http.createContext(path, exchange -> send(exchange, get(exchange, path, page)));
    }

    private static Answer get(HttpExchange exchange, String path, Page page) {
        if (!exchange.getRequestURI().getPath().equals(path)) {
            return Answer.of(404, TEXT, "not found\n");
        }
        String method = exchange.getRequestMethod();
        return method.equals("GET") || method.equals("HEAD")
                ? page.answer(exchange)
                : notAllowed(exchange, "GET, HEAD");
    }

    private static Answer metrics(HttpExchange request, PrometheusMeterRegistry registry) {
        boolean open = request.getRequestHeaders().getOrDefault("Accept", List.of()).stream()
                .anyMatch(accepted -> accepted.contains("application/openmetrics-text"));
        String type = open ? OPEN_METRICS : PROMETHEUS;
        return Answer.of(200, type, registry.scrape(type));
    }

    /** The answer leaves first: with the drain the program ends. */
    private void drain(HttpExchange exchange, GatewayService service) throws IOException {
        Answer answer = drain(exchange);
        send(exchange, answer);
        if (answer.status == ACCEPTED) {
            new Thread(() -> service.end("POST /drain"), "drain").start();
        }
    }

    private Answer drain(HttpExchange request) {
        if (!request.getRequestURI().getPath().equals("/drain")) {
            return Answer.of(404, TEXT, "not found\n");
        }
        if (!request.getRequestMethod().equals("POST")) {
            return notAllowed(request, "POST");
        }
        if (!mayDrain(request)) {
            log.warn("admin: POST /drain of {} is refused", request.getRemoteAddress());
            return Answer.of(403, TEXT, "not allowed\n");
        }
        return Answer.of(ACCEPTED, TEXT, "draining\n");
    }

    /** Who works on this machine may, or who knows the token where there is one; never a page in a browser, which sends its origin. */
    private boolean mayDrain(HttpExchange request) {
        Headers headers = request.getRequestHeaders();
        if (headers.containsKey("Origin") || headers.containsKey("Sec-Fetch-Site")) {
            return false;
        }
        String given = Optional.ofNullable(headers.getFirst("Authorization")).orElse("");
        return token.map(right -> same("Bearer " + right, given))
                .orElseGet(() -> request.getRemoteAddress().getAddress().isLoopbackAddress());
    }

    /** In a time that does not tell how much of it is right. */
    private static boolean same(String right, String given) {
        return MessageDigest.isEqual(right.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer notAllowed(HttpExchange request, String methods) {
        request.getResponseHeaders().set("Allow", methods);
        return Answer.of(405, TEXT, "use " + methods + "\n");
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        try (exchange) {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.getResponseHeaders().set("Content-Type", answer.type);
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.sendResponseHeaders(answer.status, head ? -1 : answer.body.length);
            if (!head) {
                exchange.getResponseBody().write(answer.body);
            }
        }
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "admin");
        thread.setDaemon(true);
        return thread;
    }

    private interface Page {
        Answer answer(HttpExchange request);
    }

    private record Answer(int status, String type, byte[] body) {

        static Answer of(int status, String type, String text) {
            return new Answer(status, type, text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
