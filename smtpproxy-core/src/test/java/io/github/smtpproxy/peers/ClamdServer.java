package io.github.smtpproxy.peers;

import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.testing.Ports;
import java.nio.file.Path;

/** A clamd that takes a stream of 1 MiB and knows two signatures: EICAR's, and one of a name that is often only tagged. */
final class ClamdServer implements AutoCloseable {

    static final String EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
    static final String UNWANTED = "pua-of-the-test";

    private static final String PROGRAM = "/usr/sbin/clamd";
    private static final String CONFIGURATION = """
        Foreground yes
        DatabaseDirectory %1$s/signatures
        TCPSocket %2$d
        TCPAddr 127.0.0.1
        LocalSocket %1$s/socket
        TemporaryDirectory %1$s
        StreamMaxLength 1M
        """;
    private static final String SIGNATURES = """
        Eicar-Test-Signature:0:*:58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d414e544956495255532d544553542d46494c452124482b482a
        PUA.Test:0:*:7075612d6f662d7468652d74657374
        """;

    private final Daemon daemon;
    private final int port;

    private ClamdServer(Daemon daemon, int port) {
        this.daemon = daemon;
        this.port = port;
    }

    static ClamdServer start() {
        Peer.require(PROGRAM);
        Path folder = Daemon.folder("clamd");
        int port = Ports.free();
        Daemon.write(folder.resolve("clamd.conf"), CONFIGURATION.formatted(folder, port));
        Daemon.write(folder.resolve("signatures/test.ndb"), SIGNATURES);
        return new ClamdServer(
                Daemon.start(
                        folder,
                        () -> PostfixServer.answers(port),
                        PROGRAM,
                        "-c",
                        folder.resolve("clamd.conf").toString()),
                port);
    }

    ServiceAddress address() {
        return ServiceAddress.tcp("127.0.0.1", port);
    }

    ServiceAddress socket() {
        return ServiceAddress.unix(daemon.folder().resolve("socket"));
    }

    @Override
    public void close() {
        daemon.close();
    }
}
