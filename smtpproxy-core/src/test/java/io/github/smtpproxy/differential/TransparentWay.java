package io.github.smtpproxy.differential;

import io.github.smtpproxy.transparent.Namespaces;
import io.github.smtpproxy.transparent.Namespaces.Program;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A way to a server that begins in the network namespace of a client and ends in that of a server, which is this one: on port
 * 25 a transparent proxy stands in it, on port 26 none does. Tunnels lead to its beginning and from its end.
 */
final class TransparentWay implements AutoCloseable {

    private static final List<String> SERVER = List.of("10.91.2.2", "fd91:2::2");

    private final Path folder = Files.createTempDirectory("way");
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final List<Way> ways = new ArrayList<>();

    /**
     * Two ways of a client to one server.
     *
     * @param straight without a proxy
     * @param through with it
     */
    record Way(InetSocketAddress straight, InetSocketAddress through) {}

    private TransparentWay() throws IOException {}

    static TransparentWay to(InetSocketAddress server) throws IOException {
        TransparentWay way = new TransparentWay();
        try {
            way.open(server);
            return way;
        } catch (IOException | RuntimeException | Error e) {
            way.close();
            throw e;
        }
    }

    /** By IPv4, and by IPv6. */
    List<Way> ways() {
        return ways;
    }

    private void open(InetSocketAddress server) throws IOException {
        Namespaces lab = kept(Namespaces.open());
        Path rules = Path.of("..", "smtpproxy-examples", "transparent", "fail-closed.sh");
        lab.run("p", "bash", rules.toAbsolutePath().toString(), "up", "tproxy", "cl");
        program(lab, "p", "proxy", "tproxy", "2525");
        Path end = folder.resolve("end");
        kept(Tunnel.from(end, server));
        program(lab, "s", "tunnels", "25," + end, "26," + end);
        List<String> beginnings = new ArrayList<>(List.of("tunnels"));
        for (String address : SERVER) {
            beginnings.add(beginning(beginnings) + "," + address + ",26");
            beginnings.add(beginning(beginnings) + "," + address + ",25");
        }
        program(lab, "c", beginnings.toArray(String[]::new));
        for (int i = 1; i < beginnings.size(); i += 2) {
            ways.add(new Way(into(beginnings.get(i)), into(beginnings.get(i + 1))));
        }
    }

    private Path beginning(List<String> before) {
        return folder.resolve("beginning" + before.size());
    }

    private InetSocketAddress into(String beginning) throws IOException {
        return kept(Tunnel.into(Path.of(beginning.split(",")[0]))).address();
    }

    private void program(Namespaces lab, String namespace, String... arguments) throws IOException {
        Program program = kept(lab.java(namespace, List.of(), arguments));
        program.line("LISTENING");
    }

    private <T extends AutoCloseable> T kept(T part) {
        open.push(part);
        return part;
    }

    @Override
    public void close() throws IOException {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        try (var files = Files.list(folder)) {
            files.forEach(f -> f.toFile().delete());
        }
        Files.delete(folder);
    }
}
