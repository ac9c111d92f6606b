package io.github.smtpproxy.peers;

import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.testing.Ports;
import java.nio.file.Path;

/** A spamd with a few rules of its own: GTUBE's, and scores by a field X-Test: good, mild or bad. */
final class SpamdServer implements AutoCloseable {

    static final String GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

    private static final String PROGRAM = "/usr/sbin/spamd";
    private static final String RULES = """
        required_score 5
        report_safe 0
        clear_headers
        add_header all Status "_YESNO_, score=_SCORE_ required=_REQD_ tests=_TESTS_ autolearn=_AUTOLEARN_"
        body GTUBE /XJS\\*C4JDBQADN1\\.NSBN3\\*2IDNEN\\*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\\*C\\.34X/
        score GTUBE 1000
        header TEST_GOOD X-Test =~ /good/
        score TEST_GOOD -7.5
        header TEST_MILD X-Test =~ /mild/
        score TEST_MILD 3
        header TEST_BAD X-Test =~ /bad/
        score TEST_BAD 6
        header TEST_CLIENT Received =~ /203\\.0\\.113\\.9/
        score TEST_CLIENT 0.5
        """;

    private final Daemon daemon;
    private final int port;

    private SpamdServer(Daemon daemon, int port) {
        this.daemon = daemon;
        this.port = port;
    }

    static SpamdServer start() {
        Peer.require(PROGRAM);
        Path folder = Daemon.folder("spamd");
        int port = Ports.free();
        Daemon.write(folder.resolve("rules/10_test.cf"), RULES);
        Daemon.write(folder.resolve("site/v320.pre"), "loadplugin Mail::SpamAssassin::Plugin::Check\n");
        Daemon daemon = Daemon.start(
                folder,
                () -> PostfixServer.answers(port),
                "/usr/bin/env",
                "HOME=" + folder,
                PROGRAM,
                "--local",
                "--nouser-config",
                "--configpath=" + folder.resolve("rules"),
                "--siteconfigpath=" + folder.resolve("site"),
                "--listen=127.0.0.1:" + port,
                "--listen=" + folder.resolve("socket"),
                "--max-children=3",
                "--min-children=1",
                "--syslog=stderr",
                "--username=nobody");
        return new SpamdServer(daemon, port);
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
