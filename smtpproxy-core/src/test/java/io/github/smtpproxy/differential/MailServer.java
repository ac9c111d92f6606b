package io.github.smtpproxy.differential;

import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.peers.Peer;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A mail server with a configuration of its own in a temporary folder, on a free port of the loopback. All know the
 * mailboxes alice and bob of dest.test, the user alice with the password "secret", and refuse messages of more than
 * 100,000 octets. It does not slow down who errs, or the corpus would take hours.
 */
abstract class MailServer implements AutoCloseable {

    static final String DOMAIN = "dest.test";
    static final int MAX_SIZE = 100_000;

    protected final Path folder;
    protected final int port;
    protected final TestCertificate certificate;
    private Process process;

    protected MailServer() throws IOException {
        folder = Files.createTempDirectory("differential");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        port = Ports.free();
        certificate = TestCertificate.in(folder);
    }

    /** What it is called in the report, with its version. */
    abstract String name();

    /** Writes its configuration into the folder. */
    protected abstract void configure() throws IOException;

    /** Runs it in the foreground. */
    protected abstract List<String> command();

    /** The envelope of a message that it keeps. */
    record Taken(String sender, String recipient) {}

    /** What it made of the envelope of this message; it was told to keep all. */
    abstract Taken taken(String id);

    /** An address without needless quotes, its domain in lower case, as readable text. */
    static String plain(String address) {
        int at = address.lastIndexOf('@');
        String local = at < 0 ? address : address.substring(0, at);
        String unquoted =
                local.startsWith("\"") ? local.substring(1, local.length() - 1).replaceAll("\\\\(.)", "$1") : local;
        return at < 0 ? unquoted : unquoted + address.substring(at).toLowerCase(Locale.ROOT);
    }

    /** The text of octets, one char for each. */
    protected static String readable(String octets) {
        return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    void start() throws IOException {
        configure();
        process = new ProcessBuilder(command())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        await().until(this::answers);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroy();
            try {
                process.waitFor(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    protected Path folder(String part, String owner) throws IOException {
        Path path = Files.createDirectories(folder.resolve(part));
        own(path, owner);
        return path;
    }

    protected static void own(Path path, String owner) throws IOException {
        Files.setOwner(
                path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(owner));
    }

    /** The words of the first line of what a program prints that contain this one, from there on. */
    protected static String version(String after, String... command) {
        String output = Peer.run("", command).output();
        return output.substring(output.indexOf(after) + after.length()).strip().split("\\s")[0];
    }

    private boolean answers() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(1000);
            return socket.getInputStream().read() == '2';
        } catch (IOException notYet) {
            return false;
        }
    }
}
