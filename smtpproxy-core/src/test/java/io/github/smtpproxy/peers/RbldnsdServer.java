package io.github.smtpproxy.peers;

import io.github.smtpproxy.dns.DnsAnswer;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.testing.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An rbldnsd with zones of the test's. */
final class RbldnsdServer implements AutoCloseable {

    private static final String PROGRAM = "/usr/sbin/rbldnsd";

    private final Daemon daemon;
    private final int port;

    private RbldnsdServer(Daemon daemon, int port) {
        this.daemon = daemon;
        this.port = port;
    }

    /** @param zones a zone and the type of its data, such as {@code bad.test:ip4set}, and the data */
    static RbldnsdServer start(Map<String, String> zones) {
        Peer.require(PROGRAM);
        Path folder = Daemon.folder("rbldnsd");
        int port = Ports.free();
        List<String> command = new ArrayList<>(List.of(PROGRAM, "-n", "-f", "-t", "300", "-b", "127.0.0.1/" + port));
        zones.forEach((zone, data) -> {
            String file = zone.replace(':', '-');
            Daemon.write(folder.resolve(file), data);
            command.add(zone + ":" + folder.resolve(file));
        });
        return new RbldnsdServer(
                Daemon.start(
                        folder,
                        () -> answers(port, zones.keySet().iterator().next().split(":")[0]),
                        command.toArray(String[]::new)),
                port);
    }

    private static boolean answers(int port, String zone) {
        return Resolver.at("127.0.0.1:" + port)
                        .within(Duration.ofSeconds(1))
                        .addresses("2.0.0.127." + zone)
                        .join()
                        .status()
                != DnsAnswer.Status.FAILED;
    }

    Resolver resolver() {
        return Resolver.at("127.0.0.1:" + port);
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        daemon.close();
    }
}
