package io.github.smtpproxy.junit;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/**
 * A small mail server that accepts all, but for what a test has it answer otherwise. It keeps the last 1,000 messages,
 * of 1 MiB at most each, and forgets them and what was set after each test. Thread-safe.
 */
public final class ScriptedServer {

    private static final int MOST_MESSAGES = 1_000;
    private static final Pattern KEYWORD = Pattern.compile("[A-Za-z0-9][!-~]{0,63}( [!-~]+)*");

    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final List<String> keywords = new CopyOnWriteArrayList<>();
    private final Deque<ReceivedMessage> messages = new ArrayDeque<>();
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private Optional<ServerSocket> port = Optional.empty();

    ScriptedServer() {}

    /**
     * Answers a verb so, until the test ends; {@code .} is the end of a message, {@code CONNECT} the greeting.
     *
     * @param lines as they are written, such as {@code 250 2.1.5 Ok}; several lines are one reply
     */
    public ScriptedServer reply(String verb, String... lines) {
        Objects.requireNonNull(verb, "verb");
        Objects.requireNonNull(lines, "lines");
        replies.put(verb.toUpperCase(Locale.ROOT), Reply.parse(List.of(lines)));
        return this;
    }

    /**
     * Offers one more extension with EHLO, until the test ends. It offers PIPELINING, 8BITMIME and SIZE by itself; with
     * {@code AUTH PLAIN LOGIN} it takes any password.
     *
     * @param keyword with its parameters
     */
    public ScriptedServer offers(String keyword) {
        Objects.requireNonNull(keyword, "keyword");
        if (!KEYWORD.matcher(keyword).matches()) {
            throw new IllegalArgumentException(
                    "keyword must be a keyword with its parameters, was \"" + keyword + "\"");
        }
        keywords.add(keyword);
        return this;
    }

    /** The messages that it has accepted in this test, in order. */
    public List<ReceivedMessage> messages() {
        synchronized (messages) {
            return List.copyOf(messages);
        }
    }

    void received(ReceivedMessage message) {
        synchronized (messages) {
            if (messages.size() == MOST_MESSAGES) {
                messages.removeFirst();
            }
            messages.addLast(message);
        }
    }

    Optional<Reply> reply(String verb) {
        return Optional.ofNullable(replies.get(verb));
    }

    List<String> keywords() {
        List<String> all = new ArrayList<>(List.of("PIPELINING", "8BITMIME", "SIZE " + ScriptedSession.MOST_OCTETS));
        all.addAll(keywords);
        return all;
    }

    void forget() {
        replies.clear();
        keywords.clear();
        synchronized (messages) {
            messages.clear();
        }
    }

    synchronized Destination destination() {
        return Destination.at("127.0.0.1", port.orElseThrow().getLocalPort());
    }

    synchronized void start() {
        try {
            ServerSocket socket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
            port = Optional.of(socket);
            thread(() -> accept(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized void stop() {
        port.ifPresent(ScriptedServer::close);
        port = Optional.empty();
        connections.forEach(ScriptedServer::close);
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                connections.add(connection);
                if (socket.isClosed()) {
                    close(connection);
                }
                thread(() -> serve(connection));
            } catch (IOException closed) {
                close(socket);
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            new ScriptedSession(this, connection).run();
        } catch (IOException gone) {
            // the proxy, which writes down why
        } finally {
            connections.remove(connection);
        }
    }

    private static void thread(Runnable work) {
        Thread thread = new Thread(work, "smtpproxy-scripted-server");
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // it is closed
        }
    }
}
