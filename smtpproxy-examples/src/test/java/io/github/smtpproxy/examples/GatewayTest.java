package io.github.smtpproxy.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.net.httpserver.HttpServer;
import io.github.smtpproxy.tls.TrustedCertificates;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.wiser.Wiser;
import picocli.CommandLine;

class GatewayTest {

    @TempDir
    Path dir;

    private final Wiser destination = Wiser.create(SMTPServer.port(0).bindAddress(InetAddress.getLoopbackAddress()));
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void startDestination() {
        destination.start();
    }

    @AfterEach
    void stopAll() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        destination.stop();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--listen 127.0.0.1:0 --to 127.0.0.1:0",
                "--listen 127.0.0.1:65536 --to 127.0.0.1:25",
                "--listen 127.0.0.1 --to 127.0.0.1:25",
                "--listen 127.0.0.1:0",
                "--listen 127.0.0.1:0 --to !127.0.0.1:25",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25*0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --to !127.0.0.1:26*2",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --to 127.0.0.1:25",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --to 127.0.0.1:26 --balance random",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --pool 5",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --mode multiplexing --pool 0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --mode multiplexing --pool-wait 0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --route example.org",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --route example.org=mail",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --route a@b=mail:25",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --probe 500ms",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --mx",
                "--listen 127.0.0.1:0 --mx --dns 127.0.0.1:0",
                "--listen 127.0.0.1:0 --route example.org=mail:25",
                "--listen 127.0.0.1:0 --auth-http 127.0.0.1:9000",
                "--listen 127.0.0.1:0 --auth-http http://user:secret@127.0.0.1:9000/",
                "--listen 127.0.0.1:0 --auth-http http://127.0.0.1:9000/ --mx",
                "--listen 127.0.0.1:0 --auth-http http://127.0.0.1:9000/ --route example.org=mail:25",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --unheard-of",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --mode transparent",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --max-message-bytes 0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --max-connections 0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --max-recipients -1",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --bare-newlines keep",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --received maybe",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --drain soon",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --drain PT-1S",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --drain 25h",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --max-message-bytes 5X",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --dnsbl zen.test=1.2.3",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --dnsbl zen.test --dns 127.0.0.1:0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --greylist 0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --policy nowhere",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --rspamd 127.0.0.1:11333",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --rspamd http://user:secret@127.0.0.1:11333/",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --spamd 127.0.0.1",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --clamd relative/path",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --clamd /run/clamd --exempt none,10.0.0.0/8",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --clamd /run/clamd --exempt everybody",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --add-header X-Without-Value",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --redirect-all nobody",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --allow-recipients @",
            })
    void aBadOptionIsAnsweredWithTheUsageAndStatus2(String options) {
        StringWriter err = new StringWriter();

        int status = commandLine(err).execute(options.split(" "));

        assertThat(status).isEqualTo(2);
        assertThat(err.toString()).contains("Usage: smtpproxy-gateway").doesNotContain("Exception");
    }

    @Test
    void aPasswordInAnAddressIsNotShown() {
        StringWriter err = new StringWriter();
        commandLine(err).execute("--listen 127.0.0.1:0 --to 127.0.0.1:25 --rspamd http://u:secret@[::1]".split(" "));
        assertThat(err.toString()).contains("rspamd must be like").doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--to-user proxy --to-password-file",
                "--tls-cert chain.pem --tls-key key.pem --users",
                "--tls-key key.pem --tls-cert",
                "--tls-cert chain.pem --tls-key",
                "--to-tls verified --to-trust"
            })
    void aFileThatCannotBeReadIsNamedAndAnsweredWithStatus2(String options) throws Exception {
        TestCertificate.make(dir);
        Path notUtf8 = Files.write(dir.resolve("bytes"), new byte[] {(byte) 0xff, ':', 'a'});
        for (Path file : List.of(dir.resolve("absent"), dir, notUtf8)) {
            StringWriter err = new StringWriter();
            List<String> all = new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--to", "127.0.0.1:25"));
            for (String option : options.split(" ")) {
                all.add(option.endsWith(".pem") ? dir.resolve(option).toString() : option);
            }
            all.add(file.toString());

            int status = commandLine(err).execute(all.toArray(String[]::new));

            assertThat(status).isEqualTo(2);
            assertThat(err.toString().lines().findFirst().orElse("")).startsWith(file + ": ");
            assertThat(err.toString()).doesNotContain("Exception:", "\tat ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mail_gateway", "mail.example.com.", "::1", "-", "m\u00fcller", "a b"})
    void aClientInTlsMayAskForAServerOfAnyName(String name) throws Exception {
        TestCertificate.make(dir);
        Process gateway = start(
                "--tls-cert", dir.resolve("chain.pem").toString(),
                "--tls-key", dir.resolve("key.pem").toString(),
                "--tls", "implicit");
        int port = portOf(gateway.inputReader(US_ASCII));
        SSLContext context = TrustedCertificates.load(dir.resolve("chain.pem"));
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new AnyName(name)));
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            assertThat(new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII)).readLine())
                    .startsWith("220 ");
        }
    }

    private static final class AnyName extends SNIServerName {
        AnyName(String name) {
            super(StandardConstants.SNI_HOST_NAME, name.getBytes(UTF_8));
        }
    }

    @Test
    void aPortThatIsTakenIsAnsweredWithOneLineAndStatus1() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            StringWriter err = new StringWriter();

            int status = commandLine(err).execute("--listen", "127.0.0.1:" + taken.getLocalPort(), "--to", "[::1]:25");

            assertThat(status).isEqualTo(1);
            assertThat(err.toString().lines())
                    .singleElement()
                    .asString()
                    .startsWith("smtpproxy-gateway: cannot start: ");
        }
    }

    @Test
    void theRunningGatewayRelaysAndEndsWhenToldTo() throws Exception {
        Process gateway = start("--max-message-bytes", "100000", "--received", "off", "--verbose");
        BufferedReader out = gateway.inputReader(US_ASCII);
        try (Client client = new Client(portOf(out))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            client.sends("MAIL FROM:<alice@example.com>").reads("250");
            client.sends("RCPT TO:<bob@example.org>").reads("250");
            client.sends("DATA").reads("354");
            client.sends("Subject: one\r\n\r\nHello\r\n.").reads("250");
            client.sends("QUIT").reads("221");
        }
        gateway.toHandle().destroy(); // Process.destroy would close its output

        assertThat(out.lines())
                .anyMatch(l -> l.contains("-> MAIL FROM:<alice@example.com>"))
                .noneMatch(l -> l.contains("Hello"));
        assertThat(gateway.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(destination.getMessages()).hasSize(1);
    }

    @Test
    void aTransactionThatRunsWhenTheGatewayIsToldToEndIsCompleted() throws Exception {
        Process gateway = start("--drain", "10m");
        int port = portOf(gateway.inputReader(US_ASCII));
        try (Client busy = new Client(port);
                Client idle = new Client(port)) {
            busy.reads("220");
            idle.reads("220");
            busy.sends("EHLO client.example.com").reads("250");
            busy.sends("MAIL FROM:<alice@example.com>").reads("250");
            busy.sends("RCPT TO:<bob@example.org>").reads("250");
            busy.sends("DATA").reads("354");

            gateway.destroy();

            // only when it drains
            idle.reads("421 4.3.2");
            busy.sends("Subject: in time\r\n\r\nHello\r\n.").reads("250");
            busy.reads("421 4.3.2");
        }
        assertThat(gateway.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(destination.getMessages()).hasSize(1);
    }

    @Test
    void aTransactionThatOutlastsTheDrainIsBrokenOff() throws Exception {
        Process gateway = start("--drain", "100ms");
        try (Client busy = new Client(portOf(gateway.inputReader(US_ASCII)))) {
            busy.reads("220");
            busy.sends("EHLO client.example.com").reads("250");
            busy.sends("MAIL FROM:<alice@example.com>").reads("250");

            gateway.destroy();

            assertThat(gateway.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(destination.getMessages()).isEmpty();
    }

    @Test
    void aSpareAndAServerThatIsGoneAreNotInTheWay() throws Exception {
        Process gateway = start("--to", "127.0.0.1:1*1000", "--to", "!127.0.0.1:2", "--balance", "round-robin");
        int port = portOf(gateway.inputReader(US_ASCII));
        for (int i = 0; i < 7; i++) {
            try (Client client = new Client(port)) {
                client.reads("220");
                client.sends("EHLO client.example.com").reads("250");
            }
        }
    }

    @Test
    void aDomainGoesElsewhere() throws Exception {
        Process gateway = start("--route", "gone.example=127.0.0.1:1", "--probe", "1s");
        try (Client client = new Client(portOf(gateway.inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            client.sends("MAIL FROM:<a@example.com>").reads("250");
            client.sends("RCPT TO:<b@gone.example>").reads("451 4.4.1");
            client.sends("RCPT TO:<b@example.com>").reads("250");
        }
    }

    @Test
    void anHttpServerSaysWhereMailGoes() throws Exception {
        HttpServer script = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        script.createContext("/auth", exchange -> {
            boolean known =
                    exchange.getRequestHeaders().getFirst("Auth-SMTP-To").contains("<b@example.com>");
            exchange.getResponseHeaders().set("Auth-Status", known ? "OK" : "No such user");
            exchange.getResponseHeaders().set("Auth-Server", "127.0.0.1");
            exchange.getResponseHeaders()
                    .set("Auth-Port", Integer.toString(destination.getServer().getPortAllocated()));
            exchange.sendResponseHeaders(200, -1);
        });
        script.start();
        Process gateway = startAlone(
                "--auth-http", "http://127.0.0.1:" + script.getAddress().getPort() + "/auth");
        try (Client client = new Client(portOf(gateway.inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            client.sends("MAIL FROM:<a@example.com>").reads("250");
            client.sends("RCPT TO:<c@example.com>").reads("550 5.7.1 No such user");
            client.sends("RCPT TO:<b@example.com>").reads("250");
        } finally {
            script.stop(0);
        }
    }

    @Test
    void mailExchangersAreLookedUp() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Process gateway = startAlone("--mx", "--dns", "127.0.0.1:" + silent.getLocalPort());
            try (Client client = new Client(portOf(gateway.inputReader(US_ASCII)))) {
                client.reads("220");
                client.sends("EHLO client.example.com").reads("250");
                client.sends("MAIL FROM:<a@example.com>").reads("250");
                client.sends("RCPT TO:<b@example.com>").reads("451 4.4.3");
            }
        }
    }

    @Test
    void aPoolServesSessionsOneAfterTheOther() throws Exception {
        Process gateway = start("--mode", "multiplexing", "--pool", "1", "--pool-wait", "30s");
        int port = portOf(gateway.inputReader(US_ASCII));
        for (int i = 0; i < 3; i++) {
            try (Client client = new Client(port)) {
                client.reads("220");
                client.sends("EHLO client.example.com").reads("250");
                client.sends("MAIL FROM:<a@example.com>").reads("250");
                client.sends("RCPT TO:<b@example.com>").reads("250");
            }
        }
    }

    @Test
    void usersLogInWithoutTlsWhereThatIsSaid(@TempDir Path folder) throws Exception {
        Path users = Files.writeString(folder.resolve("users"), "alice:sesame\n");
        Process gateway = start("--users", users.toString(), "--plaintext-auth");
        try (Client client = new Client(portOf(gateway.inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            client.sends("AUTH PLAIN AGFsaWNlAHNlc2FtZQ==").reads("235");
        }
    }

    private static CommandLine commandLine(StringWriter err) {
        return Gateway.commandLine().setErr(new PrintWriter(err, true));
    }

    private Process start(String... options) throws IOException {
        List<String> all = new ArrayList<>(
                List.of("--to", "127.0.0.1:" + destination.getServer().getPortAllocated()));
        all.addAll(List.of(options));
        return startAlone(all.toArray(String[]::new));
    }

    /** Without a destination. */
    private Process startAlone(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Gateway.class.getName(),
                "--listen",
                "127.0.0.1:0"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        processes.add(process);
        return process;
    }

    private static int portOf(BufferedReader out) throws IOException {
        String line = out.readLine();
        assertThat(line).startsWith("listening on 127.0.0.1:");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    /** Says lines, and reads replies. */
    private static final class Client implements AutoCloseable {

        private final Socket socket;
        private final BufferedReader in;

        Client(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
        }

        Client sends(String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(US_ASCII));
            return this;
        }

        void reads(String start) throws IOException {
            String line = in.readLine();
            while (line != null && line.length() > 3 && line.charAt(3) == '-') {
                line = in.readLine();
            }
            if (line == null || !line.startsWith(start)) {
                fail("expected a reply that starts with %s, not %s", start, line);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
