package io.github.smtpproxy.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.hook.AskHook;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.wiser.Wiser;

/** The program on the page about hooks works as it stands there. */
class HooksPageTest {

    private static final Path PAGE = Path.of("../src/site/markdown/hooks.md");
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    private final Wiser destination = Wiser.create(SMTPServer.port(0).bindAddress(InetAddress.getLoopbackAddress()));

    @BeforeEach
    void startDestination() {
        destination.start();
    }

    @AfterEach
    void stopDestination() {
        destination.stop();
    }

    private static String program() throws IOException {
        Matcher block = Pattern.compile("(?ms)^```python\\n(.*?)^```$").matcher(Files.readString(PAGE));
        assertThat(block.find()).as("a program on the page").isTrue();
        return block.group(1);
    }

    @Test
    void the_program_refuses_and_changes_messages() throws Exception {
        boolean there = Files.isExecutable(PYTHON);
        assertThat(there || !"required".equals(System.getProperty("peers")))
                .as("python3 is installed")
                .isTrue();
        assumeTrue(there, "python3 is not installed");
        Process hook = new ProcessBuilder(PYTHON.toString(), "-c", program(), "0")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out = hook.inputReader(US_ASCII)) {
            String port = out.readLine();
            assertThat(send("http://127.0.0.1:" + port + "/", "You won the LOTTERY"))
                    .startsWith("550 5.7.1 No lotteries (s");
            assertThat(destination.getMessages()).isEmpty();
            assertThat(send("http://127.0.0.1:" + port + "/", "Hello")).startsWith("250");
        } finally {
            hook.destroyForcibly().waitFor();
        }
        assertThat(destination.getMessages())
                .singleElement()
                .satisfies(message -> assertThat(new String(message.getData(), US_ASCII))
                        .contains("X-Hook: seen\r\n", "\r\n\r\nHello\r\n"));
    }

    /** The last reply to a message. */
    private String send(String hook, String text) throws IOException {
        AskHook asking = AskHook.at(hook).exempt(Clients.none()).within(Duration.ofMinutes(1));
        Destination to = Destination.at("127.0.0.1", destination.getServer().getPortAllocated());
        String all = "EHLO client.example.com\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
                + "Subject: a\r\n\r\n" + text + "\r\n.\r\nQUIT\r\n";
        try (SmtpProxy proxy = SmtpProxy.builder()
                        .listen(Endpoint.at("127.0.0.1", 0))
                        .router(Router.to(to))
                        .filter(asking)
                        .start();
                Socket client = new Socket("127.0.0.1", proxy.address().getPort())) {
            client.getOutputStream().write(all.getBytes(US_ASCII));
            String[] replies = new String(client.getInputStream().readAllBytes(), US_ASCII).split("\r\n");
            return replies[replies.length - 2];
        }
    }
}
