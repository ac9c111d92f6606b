package io.github.smtpproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What this process holds open, as the operating system tells it (Linux; elsewhere no socket is seen, and of temporary
 * files only those that have a name).
 */
final class OpenFiles {

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final List<Path> TABLES = List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));
    private static final String LISTENS = "0A";

    private OpenFiles() {}

    /** A temporary file of the proxy: by its name, or by the descriptor that holds it where it has none. */
    record Named(String name) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A connection of this process. */
    record Connection(int localPort, int remotePort, String state) {
        @Override
        public String toString() {
            return "socket " + localPort + " -> " + remotePort + " (state " + state + ")";
        }
    }

    static Set<Named> temporary() {
        Set<Named> found = descriptors()
                .filter(d -> d.contains("/smtpproxy-") && d.contains(".spool"))
                .map(Named::new)
                .collect(Collectors.toCollection(HashSet::new));
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            files.filter(f -> f.getFileName().toString().matches("smtpproxy-.*\\.spool"))
                    .forEach(f -> found.add(new Named(f.toString())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    /** Connections, without the sockets that listen. */
    static List<Connection> sockets() {
        Set<String> ours = descriptors().collect(Collectors.toSet());
        return TABLES.stream()
                .filter(Files::isReadable)
                .flatMap(OpenFiles::rows)
                .filter(row -> ours.contains("socket:[" + row[9] + "]") && !row[3].equals(LISTENS))
                .map(row -> new Connection(port(row[1]), port(row[2]), row[3]))
                .toList();
    }

    private static Stream<String> descriptors() {
        if (!Files.isDirectory(DESCRIPTORS)) {
            return Stream.empty();
        }
        try (Stream<Path> links = Files.list(DESCRIPTORS)) {
            return links.map(OpenFiles::target).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static Stream<String[]> rows(Path table) {
        try {
            return Files.readAllLines(table).stream()
                    .skip(1)
                    .map(line -> line.strip().split(" +"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.indexOf(':') + 1), 16);
    }
}
