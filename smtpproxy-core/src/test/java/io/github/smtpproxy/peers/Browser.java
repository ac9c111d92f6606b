package io.github.smtpproxy.peers;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A headless Chromium with one page, driven by its DevTools protocol. */
final class Browser implements AutoCloseable {

    static final String PROGRAM = "/usr/bin/chromium";

    private static final Pattern SOCKET = Pattern.compile("\"webSocketDebuggerUrl\":\\s*\"([^\"]+)\"");
    private static final Pattern ID = Pattern.compile("^\\{\"id\":(\\d+),");
    private static final Pattern VALUE = Pattern.compile("\"value\":(?:\"((?:[^\"\\\\]++|\\\\.)*+)\"|([^,}]+))");

    private final Path folder;
    private final Process process;
    private final WebSocket page;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, String> answers = new ConcurrentHashMap<>();

    private Browser(Path folder, Process process, String address) throws IOException, InterruptedException {
        this.folder = folder;
        this.process = process;
        Path port = folder.resolve("DevToolsActivePort");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Files.exists(port) && Files.readAllLines(port).size() == 2);
        URI all = URI.create("http://127.0.0.1:" + Files.readAllLines(port).get(0) + "/json/new?" + address);
        HttpClient client = HttpClient.newHttpClient();
        String said = client.send(
                        HttpRequest.newBuilder(all)
                                .PUT(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        Matcher socket = SOCKET.matcher(said);
        if (!socket.find()) {
            throw new IllegalStateException("no page: " + said);
        }
        page = client.newWebSocketBuilder()
                .buildAsync(URI.create(socket.group(1)), new Answers())
                .join();
    }

    /** One that shows this page. */
    static Browser at(String address) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("browser");
        Process process = new ProcessBuilder(
                        PROGRAM,
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--window-size=1280,760",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + folder,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        return new Browser(folder, process, address);
    }

    private final class Answers implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                Matcher id = ID.matcher(text);
                if (id.find()) {
                    answers.put(Integer.parseInt(id.group(1)), text.toString());
                }
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }

    /** What an expression of one line gives in the page, as text. */
    String evaluate(String expression) {
        int id = ids.incrementAndGet();
        String quoted = expression.replace("\\", "\\\\").replace("\"", "\\\"");
        page.sendText(
                        "{\"id\":" + id + ",\"method\":\"Runtime.evaluate\",\"params\":{\"expression\":\"" + quoted
                                + "\",\"returnByValue\":true,\"userGesture\":true}}",
                        true)
                .join();
        await().until(() -> answers.containsKey(id));
        Matcher value = VALUE.matcher(answers.remove(id));
        return !value.find() ? "" : value.group(1) != null ? value.group(1) : value.group(2);
    }

    @Override
    public void close() {
        page.abort();
        process.destroy();
        process.onExit().join();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        await().ignoreExceptions().until(() -> {
            delete();
            return !Files.exists(folder);
        });
    }

    /** Its processes may write for a moment yet. */
    private void delete() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
