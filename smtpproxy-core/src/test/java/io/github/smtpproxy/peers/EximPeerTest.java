package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real Exim behind the proxy, with a configuration and a queue of its own; what it accepts stays in the queue. */
@Tag("servers")
class EximPeerTest {

    private static final String EXIM = Peer.unpacked("exim4/usr/sbin/exim4");

    private static final String CONFIGURATION = """
        exim_path = %1$s
        primary_hostname = exim.test
        spool_directory = %2$s/spool
        log_file_path = %2$s/spool/%%slog
        pid_file_path = %2$s/spool/pid
        local_interfaces = <; 127.0.0.1
        daemon_smtp_ports = %3$d
        tls_advertise_hosts =
        host_lookup =
        rfc1413_query_timeout = 0s
        queue_only = true
        acl_smtp_rcpt = rcpt
        begin acl
        rcpt:
          accept domains = dest.test
                 local_parts = alice
          deny message = No such person here
        """;

    private final NothingLeft ending = new NothingLeft();
    private Path folder;
    private Process exim;
    private SmtpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        Peer.require(EXIM, "/usr/bin/swaks");
        folder = Files.createTempDirectory("exim");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path spool = Files.createDirectory(folder.resolve("spool"));
        Files.setOwner(
                spool, folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("Debian-exim"));
        int port = Ports.free();
        Path configuration =
                Files.writeString(folder.resolve("exim.conf"), CONFIGURATION.formatted(EXIM, folder, port));
        exim = new ProcessBuilder(EXIM, "-C", configuration.toString(), "-bdf")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        await().until(() -> answers(port));
        proxy = ending.start(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test"))
                .router(Router.to(Destination.at("127.0.0.1", port))));
    }

    @AfterEach
    void stop() throws Exception {
        try {
            ending.close();
        } finally {
            stopExim();
        }
    }

    private void stopExim() throws Exception {
        if (exim != null) {
            exim.destroy();
            assertThat(exim.waitFor(60, TimeUnit.SECONDS)).isTrue();
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
            }
        }
    }

    @Test
    void a_mail_arrives_and_is_answered_in_the_words_of_exim() throws IOException {
        Peer.Run run = swaks("alice@dest.test");
        assertThat(run.output()).containsPattern("<-  250 OK id=\\w+");
        List<Path> bodies;
        try (Stream<Path> files = Files.walk(folder.resolve("spool"))) {
            bodies = files.filter(f -> f.toString().endsWith("-D")).toList();
        }
        assertThat(bodies).hasSize(1);
        assertThat(Files.readString(bodies.get(0), StandardCharsets.ISO_8859_1)).contains("hello\n.dot\n");
    }

    @Test
    void an_unknown_recipient_is_refused_in_the_words_of_exim() {
        assertThat(swaks("nobody@dest.test").output()).contains("<** 550 No such person here");
    }

    private Peer.Run swaks(String to) {
        return Peer.run(
                "",
                "/usr/bin/swaks",
                "--server",
                "127.0.0.1:" + proxy.address().getPort(),
                "--ehlo",
                "c.test",
                "--from",
                "a@c.test",
                "--to",
                to,
                "--data",
                "Subject: s\\n\\nhello\\n.dot\\n");
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.getInputStream().read() == '2';
        } catch (IOException notYet) {
            return false;
        }
    }
}
