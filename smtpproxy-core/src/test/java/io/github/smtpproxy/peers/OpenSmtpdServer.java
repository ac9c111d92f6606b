package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * An OpenSMTPD with a configuration and a mailbox of its own on a free port. Its queue is where its authors put it, and so
 * there is one at a time. Debian's, of before 7.3, offers STARTTLS and cannot do it (OpenSMTPD issue 1171).
 */
final class OpenSmtpdServer implements AutoCloseable {

    private static final String PROGRAM = Peer.unpacked("opensmtpd/usr/sbin/smtpd");

    private static final String CONFIGURATION = """
        pki osmtpd.test cert "%1$s/chain.pem"
        pki osmtpd.test key "%1$s/key.pem"
        table people { "bob@dest.test" = "mail" }
        listen on 127.0.0.1 port %2$d tls pki osmtpd.test hostname osmtpd.test
        action "keep" maildir "%1$s/mail" virtual <people>
        match from any for domain "dest.test" action "keep"
        """;

    private final Path folder;
    private final int port;
    private final Process process;

    private OpenSmtpdServer(Path folder, int port, Process process) {
        this.folder = folder;
        this.port = port;
        this.process = process;
    }

    static OpenSmtpdServer start() {
        Peer.require(PROGRAM);
        try {
            Path folder = Files.createTempDirectory("opensmtpd");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.copy(Certificate.LOCAL.chain(), folder.resolve("chain.pem"));
            Path key = Files.copy(Certificate.LOCAL.key(), folder.resolve("key.pem"));
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
            Path mail = Files.createDirectory(folder.resolve("mail"));
            Files.setOwner(
                    mail, folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("mail"));
            int port = Ports.free();
            Path configuration = Files.writeString(folder.resolve("smtpd.conf"), CONFIGURATION.formatted(folder, port));
            Process process = new ProcessBuilder(PROGRAM, "-d", "-f", configuration.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            OpenSmtpdServer server = new OpenSmtpdServer(folder, port, process);
            await().untilAsserted(() ->
                    assertThat(PostfixServer.answers(port)).as(server.log()).isTrue());
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    Destination destination() {
        return Destination.at("127.0.0.1", port);
    }

    /** The one message that came for bob, once it is there; it is taken away. */
    String mail() {
        await().untilAsserted(() -> assertThat(mails()).as(log()).hasSize(1));
        try {
            Path mail = mails().get(0);
            String text = Files.readString(mail, StandardCharsets.ISO_8859_1);
            Files.delete(mail);
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has logged. */
    String log() {
        try {
            return Files.readString(folder.resolve("log"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("OpenSMTPD ended")
                    .isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Path> mails() throws IOException {
        Path arrived = folder.resolve("mail/new");
        if (!Files.isDirectory(arrived)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(arrived)) {
            return files.toList();
        }
    }
}
