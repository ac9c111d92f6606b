package io.github.smtpproxy.inspect;

import com.sun.net.httpserver.HttpExchange;
import io.github.smtpproxy.event.ProxyStatus;
import io.github.smtpproxy.inspect.Recorder.Changes;
import io.github.smtpproxy.json.JsonText;
import io.github.smtpproxy.route.DestinationStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Those who look at the page. Each has a connection over which it gets what changed (server-sent events), a few times a
 * second, whatever happens in between: a session never waits for a viewer. One that does not read is cut, so that nothing is
 * recorded for it.
 */
final class Viewers implements AutoCloseable {

    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = {'\n', '\n'};
    static final int MOST = 16;
    private static final int MOST_SESSIONS = 100;

    private final Recorder recorder;
    private final Requests requests;
    private final long everyMillis;
    private final CountDownLatch closed = new CountDownLatch(1);
    private int looking;

    /** @param every how long one waits for the next changes */
    Viewers(Recorder recorder, Requests requests, Duration every) {
        this.recorder = recorder;
        this.requests = requests;
        this.everyMillis = every.toMillis();
    }

    /** Serves one viewer until it leaves or the page is closed. */
    void serve(HttpExchange request) throws IOException {
        if (!enter()) {
            request.sendResponseHeaders(503, -1);
            return;
        }
        try {
            requests.becomeStream();
            request.getResponseHeaders().set("Content-Type", "text/event-stream");
            InspectPage.secure(request.getResponseHeaders());
            requests.part(() -> request.sendResponseHeaders(200, 0));
            write(request.getResponseBody());
        } finally {
            leave();
        }
    }

    private void write(OutputStream out) throws IOException {
        long known = 0;
        try {
            do {
                Changes changes = recorder.changedSince(known, MOST_SESSIONS);
                requests.part(() -> write(out, changes));
                known = changes.upTo();
            } while (!closed.await(everyMillis, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(OutputStream out, Changes changes) throws IOException {
        out.write(DATA);
        JsonText.of(values(changes.sessions())).transferTo(out);
        out.write(END);
        out.flush();
    }

    private synchronized boolean enter() {
        if (looking == MOST) {
            return false;
        }
        looking++;
        recorder.watch(true);
        return true;
    }

    private synchronized void leave() {
        looking--;
        if (looking == 0) {
            recorder.watch(false);
        }
    }

    private Map<String, Object> values(List<Recorded> changed) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("at", System.currentTimeMillis());
        values.putAll(recorder.counts());
        Optional<ProxyStatus> proxy = recorder.proxy();
        values.put("active", proxy.map(ProxyStatus::activeSessions).orElse(0));
        values.put(
                "listens",
                proxy.map(p -> p.addresses().stream().map(Viewers::address).collect(Collectors.joining(" ")))
                        .orElse(""));
        values.put(
                "destinations",
                proxy.map(p -> p.destinations().stream()
                                .limit(MOST_SESSIONS)
                                .map(Viewers::destination)
                                .toList())
                        .orElse(List.of()));
        values.put(
                "pools",
                proxy.map(p -> p.pools().stream()
                                .limit(MOST_SESSIONS)
                                .map(Object::toString)
                                .toList())
                        .orElse(List.of()));
        values.put("changed", changed.stream().map(Recorded::summary).toList());
        return values;
    }

    private static String address(InetSocketAddress where) {
        String host = where.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + where.getPort();
    }

    private static Map<String, Object> destination(DestinationStatus status) {
        return Map.of(
                "name", status.destination().toString(),
                "state", status.state().name(),
                "reachable", status.isReachable(),
                "connections", status.connections(),
                "greeted", status.greeted(),
                "failed", status.failed());
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
