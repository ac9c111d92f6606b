package io.github.smtpproxy.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A hook on the JDK's HTTP server, whose answers a test says, and which can fail in many ways. */
public final class ScriptedHook implements AutoCloseable {

    /** How it fails. */
    public enum Trouble {
        /** It is not there. */
        DOWN,
        /** It does not answer while the test lasts. */
        SLOW,
        GARBAGE,
        STATUS_500,
        /** It answers without end. */
        TOO_LARGE,
        DIES_IN_MID_ANSWER
    }

    /** A request. */
    public record Request(String method, String path, String authorization, String body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile Script script;

    private interface Script {
        void answer(HttpExchange exchange) throws IOException, InterruptedException;
    }

    private ScriptedHook(HttpServer server) {
        this.server = server;
        answers("{'action':'accept'}");
    }

    public static ScriptedHook start() {
        try {
            ScriptedHook hook =
                    new ScriptedHook(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            hook.server.createContext("/", hook::serve);
            hook.server.setExecutor(hook.threads);
            hook.server.start();
            return hook;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it answers from now on; single quotes stand for double ones. */
    public ScriptedHook answers(String json) {
        return answers(200, json);
    }

    public ScriptedHook answers(int status, String json) {
        script = exchange -> send(exchange, status, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public ScriptedHook fails(Trouble how) {
        if (how == Trouble.DOWN) {
            server.stop(0);
        }
        script = exchange -> fail(exchange, how);
        return this;
    }

    private void fail(HttpExchange exchange, Trouble how) throws IOException, InterruptedException {
        switch (how) {
            case SLOW -> end.await();
            case GARBAGE -> send(exchange, 200, "<html>accept</html>".getBytes(StandardCharsets.UTF_8));
            case STATUS_500 -> send(exchange, 500, "{\"action\":\"accept\"}".getBytes(StandardCharsets.UTF_8));
            case TOO_LARGE -> {
                exchange.sendResponseHeaders(200, 0);
                byte[] spaces = new byte[64 * 1024];
                Arrays.fill(spaces, (byte) ' ');
                while (end.getCount() > 0) {
                    exchange.getResponseBody().write(spaces);
                }
            }
            case DIES_IN_MID_ANSWER -> {
                exchange.sendResponseHeaders(200, 1000);
                exchange.getResponseBody().write("{\"action\":\"accept\"}".getBytes(StandardCharsets.UTF_8));
            }
            default -> throw new IllegalStateException(how.toString());
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String login = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            requests.add(new Request(
                    exchange.getRequestMethod(), exchange.getRequestURI().toString(), login, body));
            script.answer(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
    }

    public List<Request> requests() {
        return requests;
    }

    @Override
    public void close() {
        end.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
