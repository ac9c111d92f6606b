package io.github.smtpproxy.peers;

import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Servers of Postfix's policy delegation protocol, each with a folder of its own on a free port. */
final class PolicyServer implements AutoCloseable {

    /** The agent serves one request stream on its standard input; Postfix's spawn(8) does what this does. */
    private static final String SPAWN = """
        import socket, subprocess, sys
        server = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        while True:
            connection, _ = server.accept()
            with connection:
                subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection)
        """;

    private static final String SPF = """
        debugLevel = 1
        TestOnly = 1
        HELO_reject = Fail
        Mail_From_reject = Fail
        skip_addresses = 127.0.0.0/8,::1
        """;

    /** It would ask the name servers of the system. */
    private static final String WITH_NAMES = """
        import runpy, sys
        sys.modules['dns'] = None
        import DNS
        DNS.DiscoverNameServers = lambda: None
        DNS.defaults.update(server=['127.0.0.1'], port=int(sys.argv.pop(1)))
        runpy.run_path('/usr/bin/policyd-spf', run_name='__main__')
        """;

    private static final String RATE_LIMIT = """
        debug: true
        user: "nobody"
        group: "nogroup"
        pidfile: "%1$s/pid"
        mysql_config: {user: "u", passwd: "p", db: "d", host: "localhost", charset: "utf8"}
        sqlite_config: {database: "%1$s/db.sqlite3"}
        pgsql_config: {database: "d", user: "u", password: "p", host: "localhost"}
        backend: 0
        SOCKET: ["127.0.0.1", %2$d]
        socket_permission: 0666
        limits: [[2, 3600]]
        limits_by_id: {}
        limit_by_sasl: true
        limit_by_sender: false
        limit_by_ip: true
        limited_networks: ["127.0.0.0/8"]
        success_action: dunno
        fail_action: defer_if_permit Rate limit reach, retry later
        db_error_action: dunno
        report: false
        report_from: null
        report_to: null
        report_subject: "x"
        report_limits: []
        report_only_if_needed: true
        smtp_server: "localhost"
        smtp_starttls: false
        smtp_credentials: null
        count_mode: 0
        delay_to_close: 300
        """;

    private final Daemon daemon;
    private final ServiceAddress address;
    private final Runnable atEnd;

    private PolicyServer(Daemon daemon, ServiceAddress address, Runnable atEnd) {
        this.daemon = daemon;
        this.address = address;
        this.atEnd = atEnd;
    }

    private static PolicyServer on(int port, Path folder, String... command) {
        Daemon daemon = Daemon.start(folder, () -> PostfixServer.answers(port), command);
        return new PolicyServer(daemon, ServiceAddress.tcp("127.0.0.1", port), () -> {});
    }

    /** @param delay in seconds */
    static PolicyServer postgrey(int delay) {
        Peer.require("/usr/sbin/postgrey");
        Path folder = Daemon.folder("postgrey");
        Path socket = folder.resolve("socket");
        Daemon daemon = Daemon.start(
                folder,
                () -> Files.exists(socket),
                "/usr/sbin/postgrey",
                "--unix=" + socket,
                "--dbdir=" + folder,
                "--delay=" + delay,
                "--user=nobody",
                "--group=nogroup",
                "--pidfile=" + folder.resolve("pid"));
        return new PolicyServer(daemon, ServiceAddress.unix(socket), () -> {});
    }

    /** It goes into the background, so what is waited for is a shell. */
    static PolicyServer postfwd(String rule) {
        Peer.require("/usr/sbin/postfwd1");
        Path folder = Daemon.folder("postfwd");
        int port = Ports.free();
        Path pid = folder.resolve("pid");
        String run = "/usr/sbin/postfwd1 -d -i 127.0.0.1 -p " + port + " -u nobody -g nogroup --pidfile=" + pid
                + " -r '" + rule + "' -r 'id=REST; action=dunno'; exec sleep 600";
        Daemon daemon = Daemon.start(folder, () -> PostfixServer.answers(port), "/bin/sh", "-c", run);
        return new PolicyServer(daemon, ServiceAddress.tcp("127.0.0.1", port), () -> end(pid));
    }

    private static void end(Path pid) {
        if (!Files.exists(pid)) {
            return;
        }
        try {
            ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).ifPresent(ProcessHandle::destroy);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static PolicyServer spfAgent() {
        Peer.require("/usr/bin/policyd-spf", "/usr/bin/python3");
        Path folder = Daemon.folder("policyd-spf");
        int port = Ports.free();
        Daemon.write(folder.resolve("spawn.py"), SPAWN);
        Daemon.write(folder.resolve("policyd-spf.conf"), SPF);
        return on(
                port,
                folder,
                "/usr/bin/python3",
                folder.resolve("spawn.py").toString(),
                Integer.toString(port),
                "/usr/bin/policyd-spf",
                folder.resolve("policyd-spf.conf").toString());
    }

    /** @param names the server that knows the SPF records */
    static PolicyServer spfAgent(RbldnsdServer names) {
        Peer.require("/usr/bin/policyd-spf", "/usr/bin/python3");
        Path folder = Daemon.folder("policyd-spf");
        int port = Ports.free();
        Daemon.write(folder.resolve("spawn.py"), SPAWN);
        Daemon.write(folder.resolve("agent.py"), WITH_NAMES);
        Daemon.write(folder.resolve("policyd-spf.conf"), SPF);
        return on(
                port,
                folder,
                "/usr/bin/python3",
                folder.resolve("spawn.py").toString(),
                Integer.toString(port),
                "/usr/bin/python3",
                folder.resolve("agent.py").toString(),
                names.address().split(":")[1],
                folder.resolve("policyd-spf.conf").toString());
    }

    /** Two messages an hour. */
    static PolicyServer rateLimit() {
        Peer.require("/usr/bin/policyd-rate-limit");
        Path folder = Daemon.folder("policyd-rate-limit");
        int port = Ports.free();
        Daemon.write(folder.resolve("config.yaml"), RATE_LIMIT.formatted(folder, port));
        return on(
                port,
                folder,
                "/usr/bin/policyd-rate-limit",
                "-f",
                folder.resolve("config.yaml").toString());
    }

    ServiceAddress address() {
        return address;
    }

    @Override
    public void close() {
        atEnd.run();
        daemon.close();
    }
}
