package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.inspect.Inspect;
import io.github.smtpproxy.inspect.InspectPage;
import io.github.smtpproxy.testing.Dialogue;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page that shows what the proxy does. */
@Timeout(60)
class InspectTest extends ProxyTest {

    private static final String TOKEN = "a-token-of-enough-length";
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]+)\"");

    private static final Pattern ENDED = Pattern.compile("\"id\":\"([^\"]+)\"[^}]*\"ended\":(true|false)}");

    private final InspectPage page = Inspect.at(0).open();

    @AfterEach
    void close() {
        page.close();
    }

    private SmtpProxy shown(SmtpProxyBuilder builder) {
        return started(builder.listener(page.listener()).transcript(page.transcript()));
    }

    /** Looks at the page until it is closed. */
    private static final class Viewer implements AutoCloseable {
        private final Socket socket;
        private final StringBuffer seen = new StringBuffer();

        Viewer(InspectPage page) throws IOException {
            socket = new Socket(page.address().getAddress(), page.address().getPort());
            // a stream of HTTP/1.0 is not in chunks, whose bounds could be anywhere in it
            write(socket, "/events", "1.0", "");
            Thread reader = new Thread(this::read);
            reader.setDaemon(true);
            reader.start();
            await().until(() -> seen.indexOf("data: ") >= 0);
        }

        private void read() {
            byte[] block = new byte[8192];
            try (InputStream in = socket.getInputStream()) {
                for (int n = in.read(block); n >= 0; n = in.read(block)) {
                    seen.append(new String(block, 0, n, StandardCharsets.US_ASCII));
                }
            } catch (IOException closed) {
                // the viewer leaves
            }
        }

        String session() {
            await().until(() -> ID.matcher(seen).find());
            Matcher found = ID.matcher(seen);
            found.find();
            return found.group(1);
        }

        /** Whether each session has ended, as it was told last. */
        Map<String, String> last() {
            Map<String, String> last = new HashMap<>();
            Matcher summary = ENDED.matcher(seen);
            while (summary.find()) {
                last.put(summary.group(1), summary.group(2));
            }
            return last;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static void write(Socket socket, String path, String version, String fields) throws IOException {
        String host = fields.contains("Host: ") ? "" : "Host: 127.0.0.1:" + socket.getPort() + "\r\n";
        String method = path.startsWith("/") ? "GET " : "";
        String request = method + path + " HTTP/" + version + "\r\n" + host + fields + "Connection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    private static String get(InspectPage from, String path, String fields) throws IOException {
        try (Socket socket =
                new Socket(from.address().getAddress(), from.address().getPort())) {
            write(socket, path, "1.1", fields);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private String lines(String session) throws IOException {
        return get(page, "/session?" + session + ",0", "");
    }

    @Test
    void both_conversations_and_a_refusal_are_seen_while_they_are_spoken() throws IOException {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        SmtpProxy proxy = shown(proxy());
        try (Viewer viewer = new Viewer(page)) {
            Dialogue client =
                    clientOf(proxy).greets().says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hears("550");
            String session = viewer.session();
            await().untilAsserted(() -> assertThat(lines(session))
                    .contains("\"C\",1,\"RCPT TO:<b@dest.test>\"")
                    .contains("\"D\",1,\"RCPT TO:<b@dest.test>\"")
                    .contains("\"D\",0,\"550 5.1.1 No such user\"")
                    .contains("\"R\",0,\"RCPT by DESTINATION ")
                    .contains("<b@dest.test>\"]"));
            await().until(() -> viewer.seen.indexOf("\"refused\":1") >= 0);
            assertThat(viewer.seen.toString()).contains("\"state\":\"UP\"");
        }
    }

    @Test
    void no_secret_and_no_message_is_shown() throws IOException {
        destination.offers("AUTH PLAIN LOGIN");
        destination.on("AUTH").reply("235 2.7.0 Welcome");
        String secret =
                Base64.getEncoder().encodeToString("\0alice\0correct horse".getBytes(StandardCharsets.US_ASCII));
        SmtpProxy proxy = shown(proxy());
        try (Viewer viewer = new Viewer(page)) {
            Dialogue client =
                    clientOf(proxy).greets().says("AUTH PLAIN " + secret).hears("235");
            client.envelope().says("DATA").hears("354");
            client.sends("Subject: s\r\n\r\nfor your eyes only\r\n.\r\n").hears("250");
            await().until(() -> viewer.seen.indexOf("\"messages\":1") >= 0);
            assertThat(lines(viewer.session()))
                    .contains("AUTH (redacted)")
                    .doesNotContain(secret)
                    .doesNotContain("for your eyes");
        }
    }

    /** What the first line belongs to is not known then. */
    @Test
    void who_looks_in_the_middle_of_a_login_sees_no_secret() throws IOException {
        destination.offers("AUTH PLAIN LOGIN");
        destination.on("AUTH").reply("334 VXNlcm5hbWU6");
        SmtpProxy proxy = shown(proxy());
        Dialogue client = clientOf(proxy).greets().says("AUTH LOGIN").hears("334");
        try (Viewer viewer = new Viewer(page)) {
            client.says("c2VjcmV0LXNlY3JldA==");
            String session = viewer.session();
            await().untilAsserted(() -> assertThat(lines(session)).contains("(redacted)"));
            assertThat(lines(session)).doesNotContain("c2VjcmV0");
        }
    }

    /** However many change at once, the last that is told of each is how it ended. */
    @Test
    void the_end_of_each_session_is_told() throws IOException {
        SmtpProxy proxy = shown(proxy());
        try (Viewer viewer = new Viewer(page)) {
            for (int i = 0; i < 130; i++) {
                clientOf(proxy).greets().says("QUIT").hears("221");
            }
            await().untilAsserted(() ->
                    assertThat(viewer.last().values()).hasSize(130).containsOnly("true"));
        }
    }

    @Test
    void nothing_is_recorded_while_nobody_looks() throws IOException {
        SmtpProxy proxy = shown(proxy());
        clientOf(proxy).greets();
        assertThat(page.transcript().isWanted()).isFalse();
        try (Viewer viewer = new Viewer(page)) {
            assertThat(page.transcript().isWanted()).isTrue();
            assertThat(viewer.seen.toString()).contains("\"changed\":[]");
        }
        await().until(() -> !page.transcript().isWanted());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: evil.example\r\n",
                "Origin: http://evil.example\r\n",
                "Origin: null\r\n",
                "Sec-Fetch-Site: cross-site\r\n",
                "Sec-Fetch-Site: same-site\r\n"
            })
    void a_page_of_another_origin_gets_nothing(String field) throws IOException {
        for (String path : new String[] {"/", "/events", "/session?s1,0", "/page.js"}) {
            assertThat(get(page, path, field)).startsWith("HTTP/1.1 403").endsWith("\r\n\r\n403");
        }
    }

    @Test
    void only_what_is_there_can_be_asked_for() throws IOException {
        assertThat(get(page, "/", "")).startsWith("HTTP/1.1 200").contains("default-src 'none'", "<title>smtpproxy");
        assertThat(get(page, "/../module-info.class", "")).startsWith("HTTP/1.1 40");
        assertThat(get(page, "/nothing", "")).startsWith("HTTP/1.1 404");
        assertThat(get(page, "/session?s1", "")).startsWith("HTTP/1.1 404");
        assertThat(get(page, "POST /", "")).startsWith("HTTP/1.1 405");
    }

    @Test
    void who_does_not_know_the_token_gets_nothing() throws IOException {
        InetSocketAddress all = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (InspectPage closed = Inspect.at(all, TOKEN).open()) {
            for (String path : new String[] {"/", "/events", "/session?s1,0", "/?token=another-token-of-length"}) {
                assertThat(get(closed, path, "")).startsWith("HTTP/1.1 401");
            }
            assertThat(get(closed, "/", "Authorization: Bearer " + TOKEN + "\r\n"))
                    .startsWith("HTTP/1.1 200");
            String kept = get(closed, "/?token=" + TOKEN, "");
            assertThat(kept).startsWith("HTTP/1.1 303").contains("HttpOnly; SameSite=Strict", "Location: /\r\n");
            assertThat(kept).doesNotContain(TOKEN);
            Matcher cookie = Pattern.compile("(?i)Set-Cookie: ([^;]+);").matcher(kept);
            assertThat(cookie.find()).isTrue();
            assertThat(get(closed, "/page.js", "Cookie: token=x; x=y; " + cookie.group(1) + "\r\n"))
                    .startsWith("HTTP/1.1 200");
            assertThat(get(page, "/page.js", "Cookie: " + cookie.group(1) + "x\r\n"))
                    .startsWith("HTTP/1.1 200");
            assertThat(get(closed, "/page.js", "Cookie: " + cookie.group(1) + "x\r\n"))
                    .startsWith("HTTP/1.1 401");
        }
    }

    @Test
    void it_is_refused_at_once_where_it_cannot_be_served() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SmtpProxyBuilder builder = proxy().inspect(Inspect.at(taken.getLocalPort()));
            assertThatThrownBy(builder::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("inspect: cannot listen on http://");
        }
        assertThatThrownBy(() -> Inspect.at(0).token("short"))
                .hasMessage("token must be of 16 to 200 letters, digits, and - . _ ~; it was of 5 octets");
    }

    @Test
    void it_ends_with_the_proxy() throws IOException {
        SmtpProxy proxy = shown(proxy());
        try (Viewer viewer = new Viewer(page)) {
            proxy.close();
            await().untilAsserted(
                            () -> assertThatThrownBy(() -> get(page, "/", "")).isInstanceOf(IOException.class));
            assertThat(viewer.seen).isNotEmpty();
        }
    }
}
