package io.github.smtpproxy.testing;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A server of nginx's auth_http, whose answers a test says. It serves until it is closed. */
public final class AuthHttpScript implements AutoCloseable {

    private final HttpServer server;
    private final List<Map<String, String>> requests = new CopyOnWriteArrayList<>();
    private volatile Function<Map<String, String>, Map<String, String>> answers;
    private volatile int status = 200;

    private AuthHttpScript(HttpServer server, Function<Map<String, String>, Map<String, String>> answers) {
        this.server = server;
        this.answers = answers;
    }

    /** Starts one; it is given a request's fields and gives those of its answer. */
    public static AuthHttpScript start(Function<Map<String, String>, Map<String, String>> answers) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            AuthHttpScript script = new AuthHttpScript(server, answers);
            server.createContext("/", script::answer);
            server.start();
            return script;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The answer that sends to this destination. */
    public static Map<String, String> to(ScriptedDestination destination) {
        return Map.of(
                "Auth-Status", "OK",
                "Auth-Server", "127.0.0.1",
                "Auth-Port", Integer.toString(destination.destination().port()));
    }

    /** What it answers from now on. */
    public void answers(Function<Map<String, String>, Map<String, String>> with) {
        answers = with;
    }

    /** Its HTTP status from now on. */
    public void status(int code) {
        status = code;
    }

    private void answer(HttpExchange exchange) throws IOException {
        Map<String, String> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        exchange.getRequestHeaders().forEach((name, values) -> fields.put(name, String.join(", ", values)));
        fields.put("URI", exchange.getRequestURI().toString());
        requests.add(fields);
        Headers headers = exchange.getResponseHeaders();
        answers.apply(fields).forEach(headers::set);
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    /** The fields of all requests. */
    public List<Map<String, String>> requests() {
        return requests;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port() + "/auth?for=mail";
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
