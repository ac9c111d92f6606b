package com.example.post;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A Postfix that accepts mail for example.org and discards it, with a configuration and a queue of its own. */
final class Postfix implements AutoCloseable {

    private static final String PROGRAM = "/usr/sbin/postfix";
    private static final String MAIN =
            """
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
            relay_domains = example.org
            relay_transport = discard
            mynetworks = 127.0.0.0/8
            alias_maps =
            """;
    private static final String MASTER =
            """
            127.0.0.1:%d inet n - n - - smtpd
            pickup unix n - n 60 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            proxymap unix - - n - - proxymap
            error unix - - n - - error
            retry unix - - n - - error
            discard unix - - n - - discard
            anvil unix - - n - 1 anvil
            postlog unix-dgram n - n - 1 postlogd
            """;

    private final Path folder;
    private final int port;

    private Postfix(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    /** Whether it can be started here: it is installed, and the tests run as root. */
    static boolean isThere() {
        return Files.isExecutable(Path.of(PROGRAM)) && "root".equals(System.getProperty("user.name"));
    }

    static Postfix start() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("postfix");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String part : List.of("conf", "queue", "data")) {
            Files.createDirectory(folder.resolve(part));
        }
        Postfix postfix = new Postfix(folder, freePort());
        Files.writeString(folder.resolve("conf/main.cf"), MAIN.formatted(folder));
        Files.writeString(folder.resolve("conf/master.cf"), MASTER.formatted(postfix.port));
        Path data = folder.resolve("data");
        Files.setOwner(data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postfix"));
        postfix.run("start");
        return postfix;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    /** What it has logged. */
    String log() throws IOException {
        return Files.readString(folder.resolve("queue/log"));
    }

    private void run(String order) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(PROGRAM, "-c", folder + "/conf", order)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("printed").toFile())
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("postfix " + order + ": " + Files.readString(folder.resolve("printed")));
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        run("stop");
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(Postfix::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
