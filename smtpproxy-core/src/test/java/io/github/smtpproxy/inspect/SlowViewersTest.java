package io.github.smtpproxy.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Transcript.Lane;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Those who send a request slowly, and those who do not read, take nothing from others. */
@Timeout(120)
class SlowViewersTest {

    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofSeconds(2);
    private static final Duration OFTEN = Duration.ofMillis(1);

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private InspectPage page(Duration patience) {
        InspectPage page = new InspectPage(Inspect.at(0), patience, OFTEN);
        opened.add(page);
        return page;
    }

    private Socket connected(InspectPage page) throws IOException {
        Socket socket = new Socket();
        opened.add(socket);
        socket.setReceiveBufferSize(4096);
        socket.connect(page.address());
        return socket;
    }

    private static void send(Socket socket, String octets) throws IOException {
        socket.getOutputStream().write(octets.getBytes(StandardCharsets.US_ASCII));
    }

    private Socket slow(InspectPage page) throws IOException {
        Socket socket = connected(page);
        send(socket, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
        return socket;
    }

    private Socket looking(InspectPage page) throws IOException {
        Socket socket = connected(page);
        send(socket, "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        return socket;
    }

    private String get(InspectPage page) throws IOException {
        try (Socket socket = connected(page)) {
            send(socket, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    /** Whether the other side has closed it: what is sent comes back as a reset, sooner or later. */
    private static boolean isClosed(Socket socket) {
        return isClosed(socket, "x");
    }

    private static boolean isClosed(Socket socket, String sent) {
        try {
            send(socket, sent);
            return false;
        } catch (IOException closed) {
            return true;
        }
    }

    @Test
    void however_many_send_a_request_slowly_others_look_meanwhile() throws IOException {
        InspectPage page = page(LONG);
        Socket viewer = looking(page);
        await().until(() -> viewer.getInputStream().available() > 0);
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < 3 * Requests.MOST; i++) {
            slow.add(slow(page));
        }
        assertThat(get(page)).startsWith("HTTP/1.1 200");
        await().until(() -> slow.stream().filter(SlowViewersTest::isClosed).count() > Requests.MOST);
        assertThat(page.transcript().isWanted()).as("the viewer stays").isTrue();
    }

    @Test
    void a_request_that_is_not_whole_in_its_time_is_cut_though_its_octets_come() throws IOException {
        Socket slow = slow(page(SHORT));
        await().until(() -> isClosed(slow));
    }

    @Test
    void who_does_not_take_an_answer_is_cut() throws IOException {
        InspectPage page = page(SHORT);
        Socket greedy = connected(page);
        String request = "GET /page.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        Thread sender = new Thread(() -> {
            while (!isClosed(greedy, request)) {}
        });
        sender.start();
        await().until(() -> !sender.isAlive());
        assertThat(get(page)).startsWith("HTTP/1.1 200");
    }

    @Test
    void for_who_does_not_read_nothing_is_recorded() throws IOException {
        InspectPage page = page(SHORT);
        looking(page);
        await().until(() -> page.transcript().isWanted());
        await().pollInterval(OFTEN).atMost(Duration.ofMinutes(1)).until(() -> {
            sessions(page);
            return !page.transcript().isWanted();
        });
    }

    @Test
    void who_does_not_read_is_cut_and_who_reads_goes_on() throws IOException {
        InspectPage page = page(SHORT);
        Socket stalled = looking(page);
        Socket reading = looking(page);
        await().until(() -> page.transcript().isWanted());
        await().pollInterval(OFTEN).atMost(Duration.ofMinutes(1)).until(() -> {
            sessions(page);
            skip(reading.getInputStream());
            return isClosed(stalled);
        });
        assertThat(page.transcript().isWanted()).isTrue();
        await().until(() -> {
            sessions(page);
            return skip(reading.getInputStream()) > 0;
        });
    }

    private static int skip(InputStream in) throws IOException {
        int there = in.available();
        in.readNBytes(there);
        return there;
    }

    /** As much as is told at once. */
    private static void sessions(InspectPage page) {
        for (int i = 0; i < 100; i++) {
            page.transcript().line("s" + i, Lane.CLIENT, false, "NOOP " + "x".repeat(100));
        }
    }
}
