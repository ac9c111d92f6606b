package org.example.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.spring.SmtpProxyLifecycle;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;

/** A message that is under way when the application is told to stop is delivered. */
class ShutdownTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern PORT = Pattern.compile("(?m)^port (\\d+)$");

    @TempDir
    private Path folder;

    /** The application in a JVM of its own. */
    static final class Started {
        public static void main(String[] arguments) {
            SmtpProxyLifecycle lifecycle =
                    SpringApplication.run(Shop.class, arguments).getBean(SmtpProxyLifecycle.class);
            System.out.println("port " + lifecycle.proxy().address().getPort());
        }
    }

    @Test
    void sigterm_in_the_middle_of_data_still_delivers() throws Exception {
        Path log = folder.resolve("log");
        try (MailServer server = new MailServer()) {
            Process application = start(server, log);
            try (Client client = new Client(port(log, application))) {
                client.hears("220").says("EHLO joe.example.net").hears("250");
                client.says("MAIL FROM:<shop@example.org>").hears("250");
                client.says("RCPT TO:<joe@example.net>").hears("250");
                client.says("DATA").hears("354").says("Subject: half").says("").says("first half");

                application.destroy();
                await().atMost(PATIENCE).until(() -> refuses(client.port()));
                assertThat(application.isAlive()).isTrue();

                client.says("second half").says(".").hears("250");
                client.hears("421");
                assertThat(application.waitFor(2, TimeUnit.MINUTES)).isTrue();
                assertThat(application.exitValue()).as("128 and SIGTERM's 15").isEqualTo(143);
                assertThat(server.messages())
                        .singleElement()
                        .asString()
                        .endsWith("Subject: half\r\n\r\nfirst half\r\nsecond half\r\n");
            } finally {
                application.destroyForcibly();
            }
        }
    }

    private static Process start(MailServer server, Path log) throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Started.class.getName(),
                        "--server.port=0",
                        "--smtpproxy.endpoints.mail.port=0",
                        "--smtpproxy.destinations.a.host=127.0.0.1",
                        "--smtpproxy.destinations.a.port=" + server.port()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static int port(Path log, Process application) {
        return await().atMost(PATIENCE)
                .until(
                        () -> {
                            String text = Files.readString(log);
                            assertThat(application.isAlive()).as(text).isTrue();
                            Matcher port = PORT.matcher(text);
                            return port.find() ? Integer.parseInt(port.group(1)) : 0;
                        },
                        port -> port > 0);
    }

    /** Whether a new session finds nobody, or is sent away. */
    private static boolean refuses(int port) throws IOException {
        try (Client late = new Client(port)) {
            String greeting = late.line();
            return greeting == null || greeting.startsWith("421");
        } catch (ConnectException nobody) {
            return true;
        }
    }

    /** A client that speaks SMTP. */
    private record Client(int port, Socket socket, BufferedReader in) implements AutoCloseable {

        Client(int port) throws IOException {
            this(port, new Socket(InetAddress.getLoopbackAddress(), port));
        }

        private Client(int port, Socket socket) throws IOException {
            this(
                    port,
                    socket,
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)));
            socket.setSoTimeout((int) PATIENCE.toMillis());
        }

        Client says(String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        Client hears(String code) throws IOException {
            String line = line();
            while (line != null && line.startsWith(code + "-")) {
                line = line();
            }
            assertThat(line).startsWith(code);
            return this;
        }

        String line() throws IOException {
            return in.readLine();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
