package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A Postfix with a configuration, a queue and mailboxes of its own in a temporary folder, on a free port. */
final class PostfixServer implements AutoCloseable {

    private static final String SASLPASSWD = "/usr/sbin/saslpasswd2";

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

    /** Mail is for those who log in, and they do so over TLS. */
    private static final String SUBMISSION = """
        smtpd_tls_security_level = may
        smtpd_tls_auth_only = yes
        smtpd_tls_cert_file = %s
        smtpd_tls_key_file = %s
        smtpd_sasl_auth_enable = yes
        smtpd_sasl_local_domain = dest.test
        smtpd_sasl_path = smtpd
        smtpd_sasl_authenticated_header = yes
        smtpd_recipient_restrictions = permit_sasl_authenticated, reject
        smtpd_error_sleep_time = 0
        """;

    private static final String SASL = """
        pwcheck_method: auxprop
        auxprop_plugin: sasldb
        sasldb_path: %s
        mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256
        """;

    private final Path folder;
    private final int port;

    private PostfixServer(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    /** @param settings lines of main.cf beyond the usual */
    static PostfixServer start(String... settings) {
        return start(Map.of(), settings);
    }

    /** One that takes mail from those only who log in, over STARTTLS with {@link Certificate#LOCAL}. */
    static PostfixServer startForUsers(Map<String, String> passwords) {
        Peer.require(SASLPASSWD);
        String submission = SUBMISSION.formatted(
                Certificate.LOCAL.chain().toAbsolutePath(),
                Certificate.LOCAL.key().toAbsolutePath());
        return start(passwords, submission);
    }

    private static PostfixServer start(Map<String, String> passwords, String... settings) {
        Peer.require("/usr/sbin/postfix");
        try {
            Path folder = Files.createTempDirectory("postfix");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            PostfixServer server = new PostfixServer(folder, Ports.free());
            server.configure(String.join("\n", settings));
            server.register(passwords);
            Peer.Run started = Peer.run("", "/usr/sbin/postfix", "-c", folder + "/conf", "start");
            assertThat(started.status()).as(started.output()).isZero();
            await().until(server::answers);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Destination destination() {
        return Destination.at("127.0.0.1", port);
    }

    /** The one message that came for this user, once it is there; it is taken away. */
    String mailOf(String user) {
        await().until(() -> mails(user).size() == 1);
        try {
            Path mail = mails(user).get(0);
            String text = Files.readString(mail, StandardCharsets.ISO_8859_1);
            Files.delete(mail);
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All messages that came for this user, once there are so many. */
    List<String> mailsOf(String user, int count) {
        await().atMost(Duration.ofMinutes(4)).until(() -> mails(user).size() >= count);
        try {
            List<String> texts = new ArrayList<>();
            for (Path mail : mails(user)) {
                texts.add(Files.readString(mail, StandardCharsets.ISO_8859_1));
            }
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All messages that have come for this user by now. */
    List<String> mailsUntilNow(String user) {
        return mailsOf(user, 0);
    }

    /** Ends all of it at once, as a crash would. */
    void kill() {
        signal("KILL");
    }

    /** Lets nothing of it run; its connections stay open. */
    void stall() {
        signal("STOP");
    }

    /** Lets it run on. */
    void goOn() {
        signal("CONT");
    }

    /** Starts it again, with its queue. */
    void restart() {
        removeUnnamed();
        Peer.Run started = Peer.run("", "/usr/sbin/postfix", "-c", folder + "/conf", "start");
        assertThat(started.status()).as(started.output()).isZero();
        await().until(this::answers);
    }

    /** What was just being received has no name of the queue yet, and keeps Postfix from starting. */
    private void removeUnnamed() {
        try (Stream<Path> incoming = Files.list(folder.resolve("queue/incoming"))) {
            incoming.filter(f -> f.getFileName().toString().matches("\\d+\\.\\d+"))
                    .forEach(f -> f.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void signal(String name) {
        try {
            long master = Long.parseLong(
                    Files.readString(folder.resolve("queue/pid/master.pid")).strip());
            List<String> command = new ArrayList<>(List.of("/bin/kill", "-" + name, Long.toString(master)));
            ProcessHandle.of(master).stream()
                    .flatMap(ProcessHandle::descendants)
                    .forEach(child -> command.add(Long.toString(child.pid())));
            // one of them may have ended by itself
            Peer.run("", command.toArray(String[]::new));
            if (name.equals("KILL")) {
                await().until(() ->
                        ProcessHandle.of(master).filter(ProcessHandle::isAlive).isEmpty());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What Postfix has logged: all of a message once it has arrived. */
    String log() {
        try {
            return Files.readString(folder.resolve("queue/log"), StandardCharsets.ISO_8859_1);
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

    private void configure(String settings) throws IOException {
        for (String part : List.of("conf", "queue", "data", "mail")) {
            Files.createDirectory(folder.resolve(part));
        }
        Files.writeString(folder.resolve("conf/main.cf"), MAIN.formatted(folder) + settings + "\n");
        Files.writeString(folder.resolve("conf/master.cf"), MASTER.formatted(port));
        own("data", "postfix");
        own("mail", "mail");
    }

    private void register(Map<String, String> passwords) throws IOException {
        if (passwords.isEmpty()) {
            return;
        }
        // Debian's Postfix looks for it beside main.cf
        Path sasl = Files.createDirectory(folder.resolve("conf/sasl"));
        Path users = sasl.resolve("users");
        Files.writeString(sasl.resolve("smtpd.conf"), SASL.formatted(users));
        passwords.forEach((user, password) -> {
            Peer.Run run = Peer.run(password, SASLPASSWD, "-p", "-c", "-f", users.toString(), "-u", "dest.test", user);
            assertThat(run.status()).as(run.output()).isZero();
        });
        own("conf/sasl/users", "postfix");
    }

    private void own(String part, String user) throws IOException {
        Path path = folder.resolve(part);
        Files.setOwner(
                path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
    }

    private boolean answers() {
        return answers(port);
    }

    static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }
}
