package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A Postfix with a configuration, a queue and mailboxes of its own in a temporary folder, on a free port. */
final class PostfixServer implements AutoCloseable {

    private static final String MAIN = """
            compatibility_level = 3.6
            queue_directory = %1$s/queue
            data_directory = %1$s/data
            mail_owner = postfix
            setgid_group = postdrop
            myhostname = postfix.test
            mydestination =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            maillog_file = %1$s/queue/log
            maillog_file_prefixes = %1$s
            virtual_mailbox_domains = dest.test
            virtual_mailbox_base = %1$s/mail
            virtual_mailbox_maps = inline:{ alice@dest.test=alice/, bob@dest.test=bob/ }
            virtual_minimum_uid = 1
            virtual_uid_maps = static:8
            virtual_gid_maps = static:8
            message_size_limit = 100000
            mynetworks = 127.0.0.0/8
            alias_maps =
            smtpd_delay_reject = no
            """;

    private static final String MASTER = """
            127.0.0.1:%d inet n - n - - smtpd
            pickup unix n - n 60 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            tlsmgr unix - - n 1000? 1 tlsmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            verify unix - - n - 1 verify
            flush unix n - n 1000? 0 flush
            proxymap unix - - n - - proxymap
            error unix - - n - - error
            retry unix - - n - - error
            discard unix - - n - - discard
            local unix - n n - - local
            virtual unix - n n - - virtual
            anvil unix - - n - 1 anvil
            scache unix - - n - 1 scache
            postlog unix-dgram n - n - 1 postlogd
            """;

    private final Path folder;
    private final int port;

    private PostfixServer(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    static PostfixServer start() {
        Peer.require("/usr/sbin/postfix");
        try {
            Path folder = Files.createTempDirectory("postfix");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            PostfixServer server = new PostfixServer(folder, freePort());
            server.configure();
            Peer.Run started = Peer.run("", "/usr/sbin/postfix", "-c", folder + "/conf", "start");
            assertThat(started.status()).as(started.output()).isZero();
            await().atMost(Duration.ofSeconds(15)).until(server::answers);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Destination destination() {
        return Destination.at("127.0.0.1", port);
    }

    /** The one message that came for this user, once it is there. */
    String mailOf(String user) {
        await().atMost(Duration.ofSeconds(15)).until(() -> mails(user).size() == 1);
        try {
            return Files.readString(mails(user).get(0), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Peer.run("", "/usr/sbin/postfix", "-c", folder + "/conf", "stop");
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(f -> f.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Path> mails(String user) throws IOException {
        Path mails = folder.resolve("mail/" + user + "/new");
        if (!Files.isDirectory(mails)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(mails)) {
            return files.toList();
        }
    }

    private void configure() throws IOException {
        for (String part : List.of("conf", "queue", "data", "mail")) {
            Files.createDirectory(folder.resolve(part));
        }
        Files.writeString(folder.resolve("conf/main.cf"), MAIN.formatted(folder));
        Files.writeString(folder.resolve("conf/master.cf"), MASTER.formatted(port));
        own("data", "postfix");
        own("mail", "mail");
    }

    private void own(String part, String user) throws IOException {
        Path path = folder.resolve(part);
        Files.setOwner(
                path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
