package io.github.smtpproxy.testing;

import io.github.smtpproxy.service.ServiceAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A policy server whose answers are a function of the request; it can break connections. */
public final class ScriptedPolicyServer implements AutoCloseable {

    private final LoopbackServer server;
    private final List<Map<String, String>> requests = new CopyOnWriteArrayList<>();
    private final Function<Map<String, String>, Optional<String>> answer;

    private ScriptedPolicyServer(Function<Map<String, String>, Optional<String>> answer) {
        this.answer = answer;
        this.server = LoopbackServer.start(this::serve);
    }

    /** Answers each request with these octets; empty closes the connection, and text of no octets sends nothing. */
    public static ScriptedPolicyServer answering(Function<Map<String, String>, Optional<String>> answer) {
        return new ScriptedPolicyServer(answer);
    }

    private void serve(Socket connection) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
        for (Map<String, String> request = read(in); !request.isEmpty(); request = read(in)) {
            requests.add(request);
            Optional<String> octets = answer.apply(request);
            if (octets.isEmpty()) {
                return;
            }
            connection.getOutputStream().write(octets.get().getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private static Map<String, String> read(BufferedReader in) throws IOException {
        Map<String, String> request = new LinkedHashMap<>();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            request.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        }
        return request;
    }

    /** Where it is. */
    public ServiceAddress address() {
        return ServiceAddress.tcp("127.0.0.1", server.address().getPort());
    }

    /** What it was asked. */
    public List<Map<String, String>> requests() {
        return new ArrayList<>(requests);
    }

    /** How many connections it got. */
    public int connections() {
        return server.connections().size();
    }

    /** Closes the connections that there are. */
    public void hangsUp() {
        server.hangUp();
    }

    @Override
    public void close() {
        server.close();
    }
}
