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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Those who look at the page. Each has a connection over which it gets what changed (server-sent events), a few times a
 * second, whatever happens in between: a session never waits for a viewer.
 */
final class Viewers implements AutoCloseable {

    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = {'\n', '\n'};
    private static final int MOST = 16;
    private static final int MOST_SESSIONS = 100;
    private static final long EVERY_MILLIS = 300;

    private final Recorder recorder;
    private final CountDownLatch closed = new CountDownLatch(1);
    private int looking;

    Viewers(Recorder recorder) {
        this.recorder = recorder;
    }

    /** Serves one viewer until it leaves or the page is closed. */
    void serve(HttpExchange request) throws IOException {
        if (!enter()) {
            request.sendResponseHeaders(503, -1);
            return;
        }
        try {
            request.getResponseHeaders().set("Content-Type", "text/event-stream");
            InspectPage.secure(request.getResponseHeaders());
            request.sendResponseHeaders(200, 0);
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
                out.write(DATA);
                JsonText.of(values(changes.sessions())).transferTo(out);
                out.write(END);
                out.flush();
                known = changes.upTo();
            } while (!closed.await(EVERY_MILLIS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
