package io.github.smtpproxy.filters.policy;

import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.service.ServiceConnection;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

/**
 * The policy servers, and the connections to them that are idle. One is used by one request at a time; a server that closed an
 * idle connection is asked again at once on another. Thread-safe.
 */
final class PolicyService {

    /** Postfix's smtpd_policy_service_max_idle. */
    private static final Duration IDLE = Duration.ofSeconds(300);
    /** Postfix's smtpd_policy_service_retry_delay and _try_limit. */
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

    private static final int TRIES = 2;
    private static final int MAX_IDLE = 64;
    private static final int MAX_ANSWER = 8192;

    private final Failover<ServiceAddress> servers;
    private final Map<ServiceAddress, Deque<ServiceConnection>> idle = new ConcurrentHashMap<>();

    PolicyService(Failover<ServiceAddress> servers) {
        this.servers = servers;
    }

    /** @return what stands behind {@code action=} */
    String ask(PolicyRequest request, Duration limit) throws IOException, InterruptedException {
        byte[] octets = request.toBytes();
        return servers.ask(limit, (server, part) -> ask(server, octets, System.nanoTime() + part.toNanos()));
    }

    private String ask(ServiceAddress server, byte[] octets, long end) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return askOnce(server, octets, end);
            } catch (IOException e) {
                if (attempt == TRIES || end - System.nanoTime() <= BETWEEN_TRIES.toNanos()) {
                    throw e;
                }
                TimeUnit.NANOSECONDS.sleep(BETWEEN_TRIES.toNanos());
            }
        }
    }

    private String askOnce(ServiceAddress server, byte[] octets, long end) throws IOException {
        Optional<ServiceConnection> kept = takeIdle(server);
        if (kept.isPresent()) {
            try {
                return ask(server, kept.get(), octets, end);
            } catch (IOException closedWhileIdle) {
                // asked again below
            }
        }
        return ask(server, ServiceConnection.open(server, left(end)), octets, end);
    }

    private String ask(ServiceAddress server, ServiceConnection connection, byte[] octets, long end)
            throws IOException {
        boolean answered = false;
        try {
            connection.limit(left(end));
            connection.out().write(octets);
            String action = readAction(connection.in());
            answered = true;
            return action;
        } finally {
            if (answered) {
                keep(server, connection);
            } else {
                connection.close();
            }
        }
    }

    private static Duration left(long end) {
        return Duration.ofNanos(Math.max(1, end - System.nanoTime()));
    }

    /** Reads one answer and nothing behind it: octets that nobody asked for make it unusable. */
    private static String readAction(InputStream in) throws IOException {
        byte[] answer = new byte[MAX_ANSWER];
        int length = 0;
        while (!endsInEmptyLine(answer, length)) {
            int n = length < MAX_ANSWER ? in.read(answer, length, MAX_ANSWER - length) : 0;
            if (n < 0) {
                throw new EOFException("it closed before its answer was complete");
            }
            if (n == 0) {
                throw new ProtocolException("its answer has more than " + MAX_ANSWER + " octets");
            }
            length += n;
        }
        return action(new String(answer, 0, length, StandardCharsets.ISO_8859_1));
    }

    private static boolean endsInEmptyLine(byte[] answer, int length) {
        return length >= 2 && answer[length - 1] == '\n' && answer[length - 2] == '\n';
    }

    private static String action(String answer) throws ProtocolException {
        String[] lines = answer.strip().split("\n");
        if (lines.length != 1 || !lines[0].startsWith("action=")) {
            throw new ProtocolException("its answer is no action");
        }
        return lines[0].substring("action=".length());
    }

    private Optional<ServiceConnection> takeIdle(ServiceAddress server) {
        Deque<ServiceConnection> free = idle(server);
        ServiceConnection last = free.pollLast();
        while (last != null && !last.isOpen()) {
            last = free.pollLast();
        }
        return Optional.ofNullable(last);
    }

    private void keep(ServiceAddress server, ServiceConnection connection) throws IOException {
        Deque<ServiceConnection> free = idle(server);
        if (free.size() >= MAX_IDLE) {
            connection.close();
            return;
        }
        connection.limit(IDLE);
        free.addLast(connection);
    }

    private Deque<ServiceConnection> idle(ServiceAddress server) {
        return idle.computeIfAbsent(server, s -> new ConcurrentLinkedDeque<>());
    }

    /** Closes the connections that are idle. */
    void close() throws IOException {
        for (ServiceAddress server : servers.hosts()) {
            for (Optional<ServiceConnection> one = takeIdle(server); one.isPresent(); one = takeIdle(server)) {
                one.get().close();
            }
        }
    }
}
