package io.github.smtpproxy.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A token server of OAuth 2.0, whose answers a test says. Its answers come in chunks. */
public final class TokenServer implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Map<String, String>> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private volatile Function<Map<String, String>, Answer> answers = form -> Answer.token("t0ken", 3600);
    private volatile CountDownLatch held = new CountDownLatch(0);

    /**
     * What it answers.
     *
     * @param retryAfter the field of this name
     */
    public record Answer(int status, String body, Optional<String> retryAfter) {

        /** A token for so many seconds. */
        public static Answer token(String token, int seconds) {
            return ok("{\"token_type\":\"Bearer\",\"expires_in\":" + seconds + ",\"access_token\":\"" + token + "\"}");
        }

        /** A token, and another refresh token. */
        public static Answer rotated(String token, String refreshToken) {
            return ok("{\"token_type\":\"bearer\",\"expires_in\":\"3600\",\"access_token\":\"" + token
                    + "\",\"refresh_token\":\"" + refreshToken + "\"}");
        }

        /** 200 with this body. */
        public static Answer ok(String body) {
            return new Answer(200, body, Optional.empty());
        }

        /** An error of OAuth. */
        public static Answer error(int status, String error, String description) {
            return new Answer(
                    status,
                    "{\"error\":\"" + error + "\",\"error_description\":\"" + description + "\"}",
                    Optional.empty());
        }
    }

    private TokenServer(HttpServer server) {
        this.server = server;
    }

    /** Starts one. */
    public static TokenServer start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            TokenServer started = new TokenServer(server);
            server.createContext("/", started::answer);
            server.setExecutor(started.threads);
            server.start();
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it answers from now on. */
    public void answers(Function<Map<String, String>, Answer> with) {
        answers = with;
    }

    /** The same whatever is asked. */
    public void answers(Answer always) {
        answers = form -> always;
    }

    /** Requests wait from now on, until {@link #release}. */
    public void hold() {
        held = new CountDownLatch(1);
    }

    public void release() {
        held.countDown();
    }

    private void answer(HttpExchange exchange) throws IOException {
        mostAtOnce.accumulateAndGet(running.incrementAndGet(), Math::max);
        try {
            Map<String, String> form = form(exchange);
            requests.add(form);
            if (!held.await(60, TimeUnit.SECONDS)) {
                throw new IOException("not released");
            }
            Answer answer = answers.apply(form);
            answer.retryAfter().ifPresent(v -> exchange.getResponseHeaders().set("Retry-After", v));
            exchange.sendResponseHeaders(answer.status(), 0);
            exchange.getResponseBody().write(answer.body().getBytes(StandardCharsets.UTF_8));
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } finally {
            running.decrementAndGet();
            exchange.close();
        }
    }

    /** Its fields, and the one of authentication under the name of the header. */
    private static Map<String, String> form(HttpExchange exchange) throws IOException {
        Map<String, String> form = new TreeMap<>();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        for (String field : body.split("&")) {
            int equals = field.indexOf('=');
            form.put(
                    field.substring(0, equals), URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
        }
        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
                .ifPresent(v -> form.put("Authorization", v));
        return form;
    }

    /** The forms of all requests. */
    public List<Map<String, String>> requests() {
        return requests;
    }

    /** How many requests there were at once, at most. */
    public int mostAtOnce() {
        return mostAtOnce.get();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
    }

    @Override
    public void close() {
        release();
        server.stop(0);
        threads.shutdownNow();
    }
}
