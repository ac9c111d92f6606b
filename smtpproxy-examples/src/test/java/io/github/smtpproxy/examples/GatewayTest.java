package io.github.smtpproxy.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
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
import org.junit.jupiter.params.provider.CsvSource;
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
                "--listen 127.0.0.1:0 --mx --balance in-order",
                "--listen 127.0.0.1:0 --mx --probe 1s",
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
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --milter nowhere",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --rspamd 127.0.0.1:11333",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --rspamd http://user:secret@127.0.0.1:11333/",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --hook 127.0.0.1:8080",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --spamd 127.0.0.1",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --clamd relative/path",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --clamd /run/clamd --exempt none,10.0.0.0/8",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --clamd /run/clamd --exempt everybody",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --add-header X-Without-Value",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --redirect-all nobody",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --allow-recipients @",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --verify-sender report",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --verify-sender perhaps --authserv-id mx.example.com",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --verify-sender report --authserv-id [127.0.0.1]",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --verify-sender report --authserv-id a --forwarder b",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --authserv-id mx.example.com",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --forwarder 10.0.0.0/8",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --dkim example.org:s1",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --dkim example..org:s1:pom.xml",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --dkim example.org:s1:pom.xml",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --max-sessions-per-client many",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --greeting-delay 2m",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --tarpit 0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --bandwidth 0",
                "--listen 127.0.0.1:0 --to 127.0.0.1:25 --min-rate fast",
            })
    void aBadOptionIsAnsweredWithOneLineAndStatus2(String options) {
        StringWriter err = new StringWriter();

        int status = commandLine(err).execute(options.split(" "));

        assertThat(status).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(2).last().isEqualTo("Try 'smtpproxy-gateway --help' for more.");
        assertThat(err.toString()).startsWith("smtpproxy-gateway: ").doesNotContain("Exception");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --max-sessions-per-client 0    | most must be between 1 and 1000000, was 0
            --rate 5/min                   | must be KEY:WHAT=RATE, such as client:messages=5/min
            --rate port:messages=5/min     | KEY must be one of client, network, helo, sender, sender-domain, user, \
            recipient-domain, endpoint, was 'port'
            --rate client:mails=5/min      | WHAT must be one of sessions, connections, messages, recipients, octets, \
            unknown-recipients, failed-logins, was 'mails'
            --rate client:messages=5       | rate must be like 500/min, 300/5m or 500/min, burst 50, was '5'
            --rate client:sessions=5/min   | sessions must be a number, was '5/min'
            --rate client:sessions=0       | most must be between 1 and 1000000, was 0
            --rate helo:connections=5/min  | key of connections must be known by then, was helo
            """)
    void aBadLimitIsNamedByItsOption(String options, String message) {
        StringWriter err = new StringWriter();
        int status = commandLine(err).execute(("--listen 127.0.0.1:0 --to 127.0.0.1:25 " + options).split(" "));
        String option = options.startsWith("--rate") ? options : options.substring(0, options.indexOf(' '));
        assertThat(status).isEqualTo(2);
        assertThat(err.toString().lines().findFirst()).contains("smtpproxy-gateway: " + option + ": " + message);
    }

    @Test
    void aPasswordInAnAddressIsNotShown() {
        StringWriter err = new StringWriter();
        commandLine(err).execute("--listen 127.0.0.1:0 --to 127.0.0.1:25 --rspamd http://u:sesame@[::1]".split(" "));
        assertThat(err.toString()).contains("rspamd must be like").doesNotContain("sesame");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://u:sesame@[::1]/", "ftp://h/sesame", "http://h#sesame"})
    void aSecretInTheAddressOfAHookIsNotShown(String url) {
        StringWriter err = new StringWriter();
        commandLine(err).execute("--listen", "127.0.0.1:0", "--to", "127.0.0.1:25", "--hook", url);
        assertThat(err.toString()).contains("hook must be like").doesNotContain("sesame");
    }

    @Test
    void aHookDecidesAboutMessages() throws Exception {
        HttpServer hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hook.createContext("/hook", exchange -> {
            String told = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            byte[] answer =
                    ("{\"action\":\"" + (told.contains("lottery") ? "reject" : "accept") + "\"}").getBytes(UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        hook.start();
        Process gateway =
                start("--hook", "http://127.0.0.1:" + hook.getAddress().getPort() + "/hook", "--exempt", "none");
        try (Client client = new Client(portOf(gateway.inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            for (String text : List.of("lottery", "hello")) {
                client.sends("MAIL FROM:<a@example.com>").reads("250");
                client.sends("RCPT TO:<b@example.com>").reads("250");
                client.sends("DATA").reads("354");
                client.sends("Subject: " + text + "\r\n\r\n.").reads(text.equals("hello") ? "250" : "550 5.7.1");
            }
        } finally {
            hook.stop(0);
        }
        assertThat(destination.getMessages()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "--redis http://u:s3zame@h, --redis: uri must be like redis://user:password@host:6379/0",
        "--redis redis://u:s3zame, --redis: uri must be like redis://",
        "--redsi redis://u:s3@zame@h, Unknown option: '--redsi'",
        "--redis redis://u:s3zame@h --redis redis://h, should be specified only once",
        "--redis redis://u:s3zame@h --unheard-of, Unknown option: '--unheard-of'",
        "--redis redis://u:s3zame@h --max-connections 0, maxConnections must be",
    })
    void thePasswordOfRedisIsNotShown(String options, String message) {
        StringWriter err = new StringWriter();
        int status = commandLine(err).execute(("--listen 127.0.0.1:0 --to 127.0.0.1:25 " + options).split(" "));
        assertThat(status).isEqualTo(2);
        assertThat(err.toString())
                .contains(message, "Try 'smtpproxy-gateway --help'")
                .doesNotContain("s3", "zame");
    }

    @Test
    void withoutRedisAGatewayCountsAlone() throws Exception {
        Process gateway = start("--redis", "redis://127.0.0.1:1", "--rate", "client:messages=1/h");
        int port = portOf(gateway.inputReader(US_ASCII));
        try (Client one = new Client(port);
                Client two = new Client(port)) {
            one.reads("220");
            two.reads("220");
            one.sends("EHLO client.example.com").reads("250");
            one.sends("MAIL FROM:<a@example.com>").reads("250");
            two.sends("EHLO client.example.com").reads("250");
            two.sends("MAIL FROM:<a@example.com>").reads("450 4.7.1 Too many messages");
        }
        gateway.toHandle().destroy();
        assertThat(gateway.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--to-user proxy --to-password-file",
                "--to-user proxy --oauth2-endpoint http://127.0.0.1:1/ --oauth2-client id --oauth2-refresh-token-file",
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
            assertThat(err.toString().lines().findFirst().orElse(""))
                    .matches("smtpproxy-gateway: --[a-z0-9-]+: \\Q" + file + "\\E: .*");
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
        assertThat(gateway.exitValue()).isZero();
        assertThat(destination.getMessages()).hasSize(1);
    }

    @Test
    void mailOfItsDomainsIsSignedBehindAllOtherFilters() throws Exception {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
        keys.initialize(2048);
        String key = Base64.getMimeEncoder()
                .encodeToString(keys.generateKeyPair().getPrivate().getEncoded());
        Files.writeString(
                dir.resolve("key.pem"), "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
        Process gateway = start(
                "--dkim", "example.com:s1:" + dir.resolve("key.pem"), "--add-header", "Reply-To: desk@example.com");
        try (Client client = new Client(portOf(gateway.inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            for (String domain : List.of("example.com", "example.net")) {
                client.sends("MAIL FROM:<alice@" + domain + ">").reads("250");
                client.sends("RCPT TO:<bob@example.org>").reads("250");
                client.sends("DATA").reads("354");
                client.sends("From: alice@" + domain + "\r\n\r\nHello\r\n.").reads("250");
            }
        }
        gateway.toHandle().destroy();
        assertThat(gateway.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(destination.getMessages().get(0).getData(), US_ASCII))
                .contains("DKIM-Signature: v=1;", "d=example.com; s=s1;", "h=From:From:Reply-To:Reply-To:");
        assertThat(new String(destination.getMessages().get(1).getData(), US_ASCII))
                .contains("Reply-To")
                .doesNotContain("DKIM-Signature");
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
        assertThat(gateway.exitValue()).isZero();
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
    void mailIsDeferredWhileAMilterIsGoneUnlessItIsOnlyObserved() throws Exception {
        String[] milters = {"--milter", "127.0.0.1:1", "--milter", "/nowhere/milter"};
        try (Client client = new Client(portOf(start(milters).inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            client.sends("MAIL FROM:<alice@example.com>").reads("250");
            client.sends("RCPT TO:<bob@example.org>").reads("451 4.7.1 Service unavailable");
        }
        Process observing = start("--observe", "--milter", "127.0.0.1:1", "--milter", "/nowhere/milter");
        try (Client client = new Client(portOf(observing.inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            client.sends("MAIL FROM:<alice@example.com>").reads("250");
            client.sends("RCPT TO:<bob@example.org>").reads("250");
        }
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

    @Test
    void aClientHasFewerErrorsWhereSessionsRunShort() throws Exception {
        Process gateway = start("--stress", "--max-connections", "1");
        int port = portOf(gateway.inputReader(US_ASCII));
        try (Client client = new Client(port)) {
            client.reads("220");
            client.sends("EHLO client.example.com").reads("250");
            client.sends("NONSENSE").reads("500");
            client.sends("NONSENSE").reads("421 4.7.0 Too many errors");
        }
    }

    /** Nobody has to be asked about a message that names no author. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--verify-sender enforce --exempt none|550 5.7.1 Author cannot be verified (DMARC): no From field",
                "--verify-sender enforce --exempt none --observe|250",
                "--verify-sender report --exempt none|250",
                "--verify-sender enforce|250",
            })
    void sendersAreVerified(String options, String reply) throws Exception {
        Process gateway = start((options + " --authserv-id mx.example.com").split(" "));
        try (Client client = new Client(portOf(gateway.inputReader(US_ASCII)))) {
            client.reads("220");
            client.sends("EHLO [127.0.0.1]").reads("250");
            client.sends("MAIL FROM:<>").reads("250");
            client.sends("RCPT TO:<b@example.com>").reads("250");
            client.sends("DATA").reads("354");
            client.sends("Subject: x\r\n\r\nhello\r\n.").reads(reply);
        }
    }

    @Test
    void clientsAboveARateOrANumberAreRefused() throws Exception {
        Process gateway = start(
                "--rate",
                "client:messages=1/h",
                "--rate",
                "network:connections=300/min,burst=50",
                "--max-sessions-per-client",
                "2",
                "--sensible-limits");
        int port = portOf(gateway.inputReader(US_ASCII));
        try (Client one = new Client(port);
                Client two = new Client(port)) {
            one.reads("220");
            two.reads("220");
            try (Client three = new Client(port)) {
                three.reads("421 4.7.0 Too many sessions at once, try again later");
            }
            one.sends("EHLO client.example.com").reads("250");
            one.sends("MAIL FROM:<a@example.com>").reads("250");
            two.sends("EHLO client.example.com").reads("250");
            two.sends("MAIL FROM:<a@example.com>").reads("450 4.7.1 Too many messages, try again in 3");
        }
    }

    @Test
    void whoIsNamedAsExemptIsNotLimited() throws Exception {
        Process gateway = start("--rate", "client:sessions=1", "--exempt", "127.0.0.0/8");
        int port = portOf(gateway.inputReader(US_ASCII));
        try (Client one = new Client(port);
                Client two = new Client(port)) {
            one.reads("220");
            two.reads("220");
        }
    }

    @Test
    void clientsThatSpeakFirstAreRefusedAndThoseThatErrAreSlow() throws Exception {
        Process gateway =
                start("--greeting-delay", "1s", "--tarpit", "100ms", "--bandwidth", "1M", "--min-rate", "500");
        int port = portOf(gateway.inputReader(US_ASCII));
        try (Client early = new Client(port);
                Client patient = new Client(port)) {
            early.sends("EHLO client.example.com").reads("554 5.5.1 Protocol error: client spoke first");
            patient.reads("220");
            patient.sends("EHLO client.example.com").reads("250");
            long began = System.nanoTime();
            patient.sends("XYZZY").reads("5");
            assertThat(System.nanoTime() - began).isGreaterThan(100_000_000);
            patient.sends("MAIL FROM:<a@example.com>").reads("250");
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
}
