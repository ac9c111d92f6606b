package io.github.smtpproxy.testing;

import io.github.smtpproxy.filters.ServiceAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
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

    private final ServerSocket port;
    private final List<Socket> connections = new CopyOnWriteArrayList<>();
    private final List<Map<String, String>> requests = new CopyOnWriteArrayList<>();
    private final Function<Map<String, String>, Optional<String>> answer;

    private ScriptedPolicyServer(Function<Map<String, String>, Optional<String>> answer) throws IOException {
        this.port = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.answer = answer;
    }

    /** Answers each request with these octets; empty closes the connection, and text of no octets sends nothing. */
    public static ScriptedPolicyServer answering(Function<Map<String, String>, Optional<String>> answer) {
        try {
            ScriptedPolicyServer server = new ScriptedPolicyServer(answer);
            thread(server::accept);
            return server;
        } catch (IOException e) {
            throw new AssertionError("no policy server", e);
        }
    }

    /** Answers each request with this action. */
    public static ScriptedPolicyServer acting(String action) {
        return answering(request -> Optional.of("action=" + action + "\n\n"));
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "policy server of a test");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = port.accept();
                connections.add(connection);
                thread(() -> serve(connection));
            }
        } catch (IOException closed) {
            // the end of the test
        }
    }

    private void serve(Socket connection) {
        try (connection) {
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
        } catch (IOException gone) {
            // the client closed it
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
        return ServiceAddress.tcp("127.0.0.1", port.getLocalPort());
    }

    /** What it was asked. */
    public List<Map<String, String>> requests() {
        return new ArrayList<>(requests);
    }

    /** How many connections it got. */
    public int connections() {
        return connections.size();
    }

    /** Closes the connections that there are. */
    public void hangsUp() {
        for (Socket connection : connections) {
            try {
                connection.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        try {
            port.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        hangsUp();
    }
}
