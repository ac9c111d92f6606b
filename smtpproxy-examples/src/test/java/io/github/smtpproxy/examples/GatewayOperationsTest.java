package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.smtpproxy.tls.TrustedCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.wiser.Wiser;

/** What an administrator does with a gateway that runs. */
@Timeout(180)
class GatewayOperationsTest {

    @TempDir
    Path dir;

    private final Wiser destination = Wiser.create(SMTPServer.port(0).bindAddress(InetAddress.getLoopbackAddress()));
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void startDestination() {
        destination.start();
    }

    @AfterEach
    void stopDestination() {
        destination.stop();
    }

    private String to() {
        return "127.0.0.1:" + destination.getServer().getPortAllocated();
    }

    private static void send(Client client, String recipient) throws IOException {
        client.sends("EHLO client.example.com").reads("250");
        client.sends("MAIL FROM:<alice@example.com>").reads("250");
        client.sends("RCPT TO:<" + recipient + ">").reads("250");
        client.sends("DATA").reads("354");
        client.sends("From: alice@example.com\r\nSubject: one\r\n\r\nsesame\r\n.")
                .reads("250");
        client.sends("QUIT").reads("221");
    }

    private static void send(int port, String recipient) throws IOException {
        try (Client client = new Client(port)) {
            client.reads("220");
            send(client, recipient);
        }
    }

    @Test
    void traffic_is_logged_without_being_asked_for() throws Exception {
        try (RunningGateway gateway = RunningGateway.start("--listen", "127.0.0.1:0", "--to", to())) {
            int port = gateway.nextPort();
            send(port, "bob@example.org");
            gateway.signal("TERM");

            assertThat(gateway.awaitExit()).isZero();
            assertThat(gateway.log())
                    .filteredOn(line -> line.contains(" INFO traffic - "))
                    .singleElement()
                    .asString()
                    .matches(".* INFO traffic - s\\S+-1 client=127\\.0\\.0\\.1 helo=client\\.example\\.com .*"
                            + " recipients=1/1 .* outcome=DELIVERED reply=\"250 .*\" ms=\\d+");
            assertThat(gateway.log())
                    .filteredOn(line -> line.contains(" INFO Gateway - smtpproxy-gateway "))
                    .singleElement()
                    .asString()
                    .contains("listening on 127.0.0.1:" + port, "destinations " + to())
                    .containsAnyOf("plain sockets", "event loops");
            assertThat(gateway.log()).noneMatch(line -> line.contains("sesame"));
        }
    }

    @Test
    void a_log_in_json_has_the_fields_of_a_line() throws Exception {
        try (RunningGateway gateway =
                RunningGateway.start("--listen", "127.0.0.1:0", "--to", to(), "--log-format", "json")) {
            send(gateway.nextPort(), "bob@example.org");
            gateway.signal("TERM");
            gateway.awaitExit();

            List<Map<String, Object>> objects =
                    gateway.log().stream().map(GatewayOperationsTest::object).toList();
            assertThat(objects)
                    .filteredOn(o -> o.get("logger").equals("io.github.smtpproxy.traffic"))
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .containsEntry("level", "INFO")
                            .containsEntry("client", "127.0.0.1")
                            .containsEntry("helo", "client.example.com")
                            .containsEntry("from", "<alice@example.com>")
                            .containsEntry("recipients", "1/1")
                            .containsEntry("destination", to())
                            .containsEntry("outcome", "DELIVERED")
                            .hasEntrySatisfying(
                                    "id", id -> assertThat((String) id).matches("s\\S+-1"))
                            .hasEntrySatisfying(
                                    "reply", reply -> assertThat((String) reply).startsWith("250 "))
                            .hasEntrySatisfying(
                                    "octets", octets -> assertThat(octets).isInstanceOf(Long.class)));
        }
    }

    /** Of strings and numbers. */
    private static Map<String, Object> object(String line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        try (JsonParser json = new JsonFactory().createParser(line)) {
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                Object value = json.nextToken().isNumeric() ? (Object) json.getLongValue() : json.getText();
                assertThat(fields.put(name, value)).as("%s is there once", name).isNull();
            }
            assertThat(json.nextToken()).isNull();
            return fields;
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    @Test
    void only_what_is_asked_for_is_logged() throws Exception {
        try (RunningGateway gateway =
                RunningGateway.start("--listen", "127.0.0.1:0", "--to", to(), "--log-level", "warn")) {
            send(gateway.nextPort(), "bob@example.org");
            gateway.signal("TERM");
            gateway.awaitExit();
            assertThat(gateway.log()).isEmpty();
        }
    }

    @Test
    void each_address_has_its_own_tls() throws Exception {
        TestCertificate.make(dir);
        try (RunningGateway gateway = RunningGateway.start(
                "--listen",
                "127.0.0.1:0",
                "--listen",
                "127.0.0.1:0=implicit",
                "--listen",
                "127.0.0.1:0=required",
                "--tls-cert",
                dir.resolve("chain.pem").toString(),
                "--tls-key",
                dir.resolve("key.pem").toString(),
                "--to",
                to())) {
            int plain = gateway.nextPort();
            int implicit = gateway.nextPort();
            gateway.nextPort();
            send(plain, "bob@example.org");
            assertThat(certificate(implicit, "chain.pem")
                            .getSubjectX500Principal()
                            .getName())
                    .contains("localhost");
        }
        assertThat(destination.getMessages()).hasSize(1);
    }

    /** What is shown in a handshake, and trusted by this file alone. */
    private X509Certificate certificate(int port, String trusted) throws Exception {
        SSLContext context = TrustedCertificates.load(dir.resolve(trusted));
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    /** With a certificate, users and a DKIM key from files; the second address has TLS from the first octet. */
    private RunningGateway withFiles() throws IOException {
        return RunningGateway.start(
                "--listen",
                "127.0.0.1:0",
                "--listen",
                "127.0.0.1:0=implicit",
                "--tls-cert",
                dir.resolve("chain.pem").toString(),
                "--tls-key",
                dir.resolve("key.pem").toString(),
                "--users",
                dir.resolve("users").toString(),
                "--plaintext-auth",
                "--dkim",
                "example.com:s1:" + dir.resolve("dkim.pem"),
                "--to",
                to());
    }

    @Test
    void a_hangup_swaps_certificate_users_and_keys_under_sessions_that_run() throws Exception {
        TestCertificate.make(dir);
        Files.copy(dir.resolve("chain.pem"), dir.resolve("first.pem"));
        Files.writeString(dir.resolve("users"), "ann:one\n");
        Files.setPosixFilePermissions(dir.resolve("users"), PosixFilePermissions.fromString("rw-r-----"));
        writeKey();
        try (RunningGateway gateway = withFiles()) {
            int port = gateway.nextPort();
            int implicit = gateway.nextPort();
            certificate(implicit, "first.pem");
            try (Client client = new Client(port)) {
                client.reads("220");
                login(client, "one", "235");

                TestCertificate.make(dir);
                Files.writeString(dir.resolve("users"), "ann:two\n");
                writeKey();
                gateway.signal("HUP");
                await().atMost(Duration.ofSeconds(60)).until(() -> reloads(gateway) == 3);

                send(client, "bob@example.org");
            }
            certificate(implicit, "chain.pem");
            try (Client client = new Client(port)) {
                client.reads("220");
                login(client, "one", "535");
                login(client, "two", "235");
            }
        }
        assertThat(new String(destination.getMessages().get(0).getData())).contains("DKIM-Signature: v=1;");
    }

    private static long reloads(RunningGateway gateway) {
        return gateway.log().stream()
                .filter(line -> line.contains("was read again"))
                .count();
    }

    private static void login(Client client, String password, String reply) throws IOException {
        client.sends("EHLO client.example.com").reads("250");
        String plain = Base64.getEncoder().encodeToString(("\0ann\0" + password).getBytes());
        client.sends("AUTH PLAIN " + plain).reads(reply);
    }

    private void writeKey() throws Exception {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
        keys.initialize(2048);
        String key = Base64.getMimeEncoder()
                .encodeToString(keys.generateKeyPair().getPrivate().getEncoded());
        Path made = Files.writeString(
                dir.resolve("made.pem"), "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
        Files.move(made, dir.resolve("dkim.pem"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void a_bad_file_is_refused_with_one_line_and_the_old_one_stays() throws Exception {
        TestCertificate.make(dir);
        Files.writeString(dir.resolve("users"), "ann:one\n");
        writeKey();
        try (RunningGateway gateway = withFiles()) {
            int port = gateway.nextPort();
            int implicit = gateway.nextPort();
            X509Certificate before = certificate(implicit, "chain.pem");
            Files.copy(dir.resolve("chain.pem"), dir.resolve("first.pem"));
            Files.writeString(dir.resolve("chain.pem"), "no certificate");
            Files.writeString(dir.resolve("users"), "ann\n");
            Files.writeString(dir.resolve("dkim.pem"), "no key");

            gateway.signal("HUP");

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> gateway.log().stream()
                                    .filter(line -> line.contains(" stays as it was: "))
                                    .count()
                            == 3);
            assertThat(gateway.log())
                    .anyMatch(line -> line.contains("ERROR Reload - reload: the users in " + dir.resolve("users")
                            + " stays as it was: " + dir.resolve("users") + " line 1: must be name:password"));
            assertThat(certificate(implicit, "first.pem")).isEqualTo(before);
            try (Client client = new Client(port)) {
                client.reads("220");
                login(client, "one", "235");
                send(client, "bob@example.org");
            }
        }
        assertThat(new String(destination.getMessages().get(0).getData())).contains("DKIM-Signature: v=1;");
    }

    @Test
    void secrets_that_every_user_can_read_are_warned_of() throws Exception {
        Files.writeString(dir.resolve("users"), "ann:one\n");
        Files.setPosixFilePermissions(dir.resolve("users"), PosixFilePermissions.fromString("rw-r--r--"));
        try (RunningGateway gateway = RunningGateway.start(
                "--listen",
                "127.0.0.1:0",
                "--to",
                to(),
                "--plaintext-auth",
                "--users",
                dir.resolve("users").toString())) {
            gateway.nextPort();
            gateway.signal("TERM");
            gateway.awaitExit();
            assertThat(gateway.log())
                    .filteredOn(line -> line.contains(" WARN "))
                    .singleElement()
                    .asString()
                    .contains(dir.resolve("users") + ": holds secrets, and every user of this machine can read it");
        }
    }

    private int admin(RunningGateway gateway) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> gateway.log().stream().anyMatch(line -> line.contains(" admin: http://")));
        String line = gateway.log().stream()
                .filter(l -> l.contains(" admin: http://"))
                .findFirst()
                .orElseThrow();
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    private HttpResponse<String> http(int port, String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(Duration.ofSeconds(60));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void metrics_and_health_are_told_by_http() throws Exception {
        try (RunningGateway gateway = RunningGateway.start(
                "--listen", "127.0.0.1:0", "--to", to(), "--probe", "1s", "--admin", "127.0.0.1:0")) {
            send(gateway.nextPort(), "bob@example.org");
            int port = admin(gateway);

            HttpResponse<String> metrics = http(port, "GET", "/metrics");
            assertThat(metrics.statusCode()).isEqualTo(200);
            assertThat(metrics.headers().firstValue("Content-Type"))
                    .contains("text/plain; version=0.0.4; charset=utf-8");
            assertThat(metrics.body())
                    .contains("smtpproxy_sessions_total{endpoint=", "outcome=\"delivered\"", "jvm_memory_used_bytes");
            assertThat(http(port, "GET", "/metrics", "Accept", "application/openmetrics-text")
                            .body())
                    .endsWith("# EOF\n");

            assertThat(http(port, "GET", "/readyz").statusCode()).isEqualTo(200);
            assertThat(http(port, "GET", "/livez").body()).isEqualTo("ok\n");
            assertThat(http(port, "GET", "/healthz").body())
                    .startsWith("{\"status\":\"up\"")
                    .contains(to());
            assertThat(http(port, "HEAD", "/healthz").statusCode()).isEqualTo(200);
            assertThat(http(port, "GET", "/").statusCode()).isEqualTo(404);
            assertThat(http(port, "GET", "/readyz/more").statusCode()).isEqualTo(404);
            assertThat(http(port, "POST", "/metrics").headers().firstValue("Allow"))
                    .contains("GET, HEAD");

            destination.stop();

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> http(port, "GET", "/healthz").statusCode() == 503);
            assertThat(http(port, "GET", "/healthz").body())
                    .startsWith("{\"status\":\"down\"")
                    .contains("\"reachable\":false");
            assertThat(http(port, "GET", "/livez").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void it_is_not_ready_before_it_drains() throws Exception {
        try (RunningGateway gateway = RunningGateway.start(
                "--listen", "127.0.0.1:0", "--to", to(), "--admin", "127.0.0.1:0", "--unready", "10m")) {
            int port = gateway.nextPort();
            int admin = admin(gateway);
            gateway.signal("TERM");

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> http(admin, "GET", "/readyz").statusCode() == 503);
            send(port, "bob@example.org");

            gateway.signal("TERM");
            assertThat(gateway.awaitExit()).isZero();
            assertThat(destination.getMessages()).hasSize(1);
        }
    }

    @Test
    void what_outlasts_the_drain_has_its_line() throws Exception {
        try (RunningGateway gateway =
                RunningGateway.start("--listen", "127.0.0.1:0", "--to", to(), "--drain", "100ms")) {
            try (Client client = new Client(gateway.nextPort())) {
                client.reads("220");
                client.sends("EHLO client.example.com").reads("250");
                client.sends("MAIL FROM:<alice@example.com>").reads("250");
                client.sends("RCPT TO:<bob@example.org>").reads("250");
                client.sends("DATA").reads("354");
                client.sends("Subject: half");
                gateway.signal("TERM");
                assertThat(gateway.awaitExit()).isZero();
            }
            assertThat(gateway.log())
                    .filteredOn(line -> line.contains(" INFO traffic - ") && line.contains(" outcome="))
                    .singleElement()
                    .asString()
                    .contains(" from=<alice@example.com> ")
                    .doesNotContain("DELIVERED");
        }
        assertThat(destination.getMessages()).isEmpty();
    }

    @Test
    void a_signal_before_it_serves_is_heard_when_it_does() throws Exception {
        try (RunningGateway gateway = RunningGateway.start(
                "--listen", "127.0.0.1:0", "--to", to(), "--unready", "10m", "--admin", "127.0.0.1:0")) {
            // its first line, before any port is open
            await().atMost(Duration.ofSeconds(60)).until(() -> !gateway.log().isEmpty());
            gateway.signal("HUP");
            gateway.nextPort();
            await().atMost(Duration.ofSeconds(60))
                    .until(() ->
                            gateway.log().stream().anyMatch(line -> line.contains("there is nothing to read again")));
            assertThat(http(admin(gateway), "GET", "/readyz").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void a_drain_by_http_does_not_end_the_time_in_which_others_learn_of_it() throws Exception {
        try (RunningGateway gateway = RunningGateway.start(
                "--listen", "127.0.0.1:0", "--to", to(), "--admin", "127.0.0.1:0", "--unready", "10m")) {
            int port = gateway.nextPort();
            int admin = admin(gateway);
            assertThat(http(admin, "POST", "/drain").statusCode()).isEqualTo(202);
            assertThat(http(admin, "POST", "/drain").statusCode()).isEqualTo(202);
            gateway.signal("TERM");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> http(admin, "GET", "/readyz").statusCode() == 503);
            send(port, "bob@example.org");
        }
    }

    @Test
    void a_token_is_demanded_of_who_drains_where_there_is_one() throws Exception {
        Path token = Files.writeString(dir.resolve("token"), "0123456789abcdef\n");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        try (RunningGateway gateway = RunningGateway.start(
                "--listen",
                "127.0.0.1:0",
                "--to",
                to(),
                "--admin",
                "127.0.0.1:0",
                "--admin-token-file",
                token.toString())) {
            gateway.nextPort();
            int admin = admin(gateway);
            assertThat(http(admin, "POST", "/drain").statusCode()).isEqualTo(403);
            assertThat(http(admin, "POST", "/drain", "Authorization", "Bearer 0123456789abcdeg")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(http(admin, "POST", "/drain", "Authorization", "Bearer 0123456789abcdef")
                            .statusCode())
                    .isEqualTo(202);
            assertThat(gateway.awaitExit()).isZero();
        }
    }

    @Test
    void a_drain_is_for_this_machine_and_no_page_in_a_browser() throws Exception {
        try (RunningGateway gateway =
                RunningGateway.start("--listen", "127.0.0.1:0", "--to", to(), "--admin", "127.0.0.1:0")) {
            int port = gateway.nextPort();
            int admin = admin(gateway);
            assertThat(http(admin, "GET", "/drain").statusCode()).isEqualTo(405);
            assertThat(http(admin, "POST", "/drain", "Origin", "http://evil.test")
                            .statusCode())
                    .isEqualTo(403);
            send(port, "bob@example.org");

            assertThat(http(admin, "POST", "/drain").statusCode()).isEqualTo(202);

            assertThat(gateway.awaitExit()).isZero();
        }
    }

    @Test
    void a_gateway_that_is_told_to_end_under_load_loses_nothing() throws Exception {
        try (RunningGateway gateway = RunningGateway.start(
                "--listen", "127.0.0.1:0", "--to", to(), "--drain", "10m", "--log-level", "warn")) {
            int port = gateway.nextPort();
            List<Sender> senders =
                    IntStream.range(0, 10).mapToObj(i -> new Sender(port)).toList();
            senders.forEach(Thread::start);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> destination.getMessages().size() > 50);

            gateway.signal("TERM");

            assertThat(gateway.awaitExit()).isZero();
            int accepted = 0;
            for (Sender sender : senders) {
                sender.join();
                accepted += sender.accepted;
            }
            assertThat(destination.getMessages()).hasSize(accepted);
        }
    }

    /** Sends until it is told that there is no service, and counts what was accepted. */
    private static final class Sender extends Thread {

        private final int port;
        private int accepted;

        Sender(int port) {
            this.port = port;
            setDaemon(true);
        }

        @Override
        public void run() {
            try (Client client = new Client(port)) {
                client.reads("220");
                client.sends("EHLO client.example.com").reads("250");
                while (true) {
                    client.sends("MAIL FROM:<alice@example.com>").reads("250");
                    client.sends("RCPT TO:<bob@example.org>").reads("250");
                    client.sends("DATA").reads("354");
                    client.sends("Subject: one\r\n\r\nHello\r\n.").reads("250");
                    accepted++;
                }
            } catch (IOException | AssertionError toldToLeave) {
                // what was accepted until then counts
            }
        }
    }
}
