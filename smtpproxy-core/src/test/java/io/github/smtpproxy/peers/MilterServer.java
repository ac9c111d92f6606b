package io.github.smtpproxy.peers;

import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.testing.Ports;
import java.nio.file.Files;
import java.nio.file.Path;

/** A milter of Debian's, with a configuration of its own. */
final class MilterServer implements AutoCloseable {

    private static final String OPENDKIM = "/usr/sbin/opendkim";
    private static final String SPAMASS = "/usr/sbin/spamass-milter";
    private static final String CLAMAV = "/usr/sbin/clamav-milter";
    private static final String PYTHON = "/usr/bin/python3";
    private static final String LIBRARY = "/usr/lib/python3/dist-packages/Milter/__init__.py";

    private static final String DKIM_SETTINGS = """
        Socket %1$s
        Mode %2$s
        Domain client.test
        Selector sel
        KeyFile %3$s
        Canonicalization simple/simple
        RequireSafeKeys no
        Background no
        Syslog no
        InternalHosts %4$s/internal
        TestDNSData file:%4$s/dns
        AuthservID proxy.test
        AlwaysAddARHeader yes
        """;
    private static final String CLAMAV_SETTINGS = """
        MilterSocket inet:%1$d@127.0.0.1
        Foreground true
        ClamdSocket tcp:%2$s
        OnInfected Reject
        RejectMsg Virus %%v
        AddHeader Add
        TemporaryDirectory %3$s
        """;

    /** What it does stands in the recipient, and in fields X-Act of the message. */
    private static final String ODD = """
        import sys, Milter

        class Odd(Milter.Base):
            def envfrom(self, sender, *params):
                self.acts, self.chunks = [], 0
                return Milter.CONTINUE

            def envrcpt(self, to, *params):
                if 'several' in to:
                    self.setreply('550', '5.7.1', 'first', 'second', '100%% last')
                    return Milter.REJECT
                return Milter.TEMPFAIL if 'later' in to else Milter.CONTINUE

            def header(self, name, value):
                if name == 'X-Act':
                    self.acts.append(value.split(' '))
                return Milter.CONTINUE

            def body(self, chunk):
                self.chunks += 1
                return Milter.SKIP if ['skip'] in self.acts else Milter.CONTINUE

            def eom(self):
                result = Milter.CONTINUE
                for act in self.acts:
                    if act[0] == 'sender': self.chgfrom(act[1], *act[2:])
                    if act[0] == 'add': self.addrcpt(act[1], *act[2:])
                    if act[0] == 'delete': self.delrcpt(act[1])
                    if act[0] == 'insert': self.addheader(act[2], act[3], int(act[1]))
                    if act[0] == 'append': self.addheader(act[1], act[2])
                    if act[0] == 'fold': self.addheader(act[1], 'one\\n\\ttwo')
                    if act[0] == 'change': self.chgheader(act[2], int(act[1]), act[3])
                    if act[0] == 'remove': self.chgheader(act[2], int(act[1]), '')
                    if act[0] == 'body': self.replacebody(b'another\\r\\nbody\\r\\n')
                    if act[0] == 'progress': self.progress()
                    if act[0] == 'quarantine': self.quarantine(act[1])
                    if act[0] == 'skip': self.addheader('X-Chunks', str(self.chunks))
                    if act[0] == 'discard': result = Milter.DISCARD
                return result

        Milter.factory = Odd
        Milter.set_flags(Milter.CHGBODY + Milter.CHGHDRS + Milter.ADDHDRS + Milter.ADDRCPT + Milter.DELRCPT
            + Milter.CHGFROM + Milter.ADDRCPT_PAR + Milter.QUARANTINE)
        Milter.runmilter('odd', sys.argv[1], 60)
        """;

    private final Daemon daemon;
    private final ServiceAddress address;

    private MilterServer(Daemon daemon, ServiceAddress address) {
        this.daemon = daemon;
        this.address = address;
    }

    /** OpenDKIM that signs for client.test, on a Unix socket. */
    static MilterServer signing(DkimKey key) {
        Path folder = Daemon.folder("opendkim");
        Path socket = folder.resolve("socket");
        ServiceAddress address = ServiceAddress.unix(socket);
        return openDkim(key, folder, "s", "local:" + socket, "127.0.0.1", () -> Files.exists(socket), address);
    }

    /** OpenDKIM that verifies, on TCP. */
    static MilterServer verifying(DkimKey key) {
        int port = Ports.free();
        return openDkim(
                key,
                Daemon.folder("opendkim"),
                "v",
                inet(port),
                "192.0.2.1",
                () -> PostfixServer.answers(port),
                ServiceAddress.tcp("127.0.0.1", port));
    }

    private static MilterServer openDkim(
            DkimKey key,
            Path folder,
            String mode,
            String socket,
            String internal,
            java.util.concurrent.Callable<Boolean> serves,
            ServiceAddress address) {
        Peer.require(OPENDKIM);
        Daemon.write(folder.resolve("internal"), internal + "\n");
        Daemon.write(folder.resolve("dns"), "sel._domainkey.client.test " + key.record() + "\n");
        Daemon.write(folder.resolve("key"), key.pem());
        Daemon.write(folder.resolve("conf"), DKIM_SETTINGS.formatted(socket, mode, folder.resolve("key"), folder));
        Daemon daemon = Daemon.start(
                folder, serves, OPENDKIM, "-f", "-x", folder.resolve("conf").toString());
        return new MilterServer(daemon, address);
    }

    private static String inet(int port) {
        return "inet:" + port + "@127.0.0.1";
    }

    /** The milter of SpamAssassin. */
    static MilterServer spamAssassin(SpamdServer spamd) {
        Peer.require(SPAMASS);
        int port = Ports.free();
        String spamdPort = spamd.address().toString().replaceFirst(".*:", "");
        Daemon daemon = Daemon.start(
                Daemon.folder("spamass-milter"),
                () -> PostfixServer.answers(port),
                SPAMASS,
                "-p",
                inet(port),
                "-r",
                "15",
                "--",
                "-d",
                "127.0.0.1",
                "-p",
                spamdPort);
        return new MilterServer(daemon, ServiceAddress.tcp("127.0.0.1", port));
    }

    /** ClamAV's milter. */
    static MilterServer clamAv(ClamdServer clamd) {
        Peer.require(CLAMAV);
        int port = Ports.free();
        Path folder = Daemon.folder("clamav-milter");
        Daemon.write(folder.resolve("conf"), CLAMAV_SETTINGS.formatted(port, clamd.address(), folder));
        Daemon daemon = Daemon.start(
                folder,
                () -> PostfixServer.answers(port),
                CLAMAV,
                "-c",
                folder.resolve("conf").toString());
        return new MilterServer(daemon, ServiceAddress.tcp("127.0.0.1", port));
    }

    /** One on libmilter that does what the message says. */
    static MilterServer odd() {
        Peer.require(PYTHON);
        Peer.requireFile(LIBRARY);
        int port = Ports.free();
        Path folder = Daemon.folder("odd");
        Daemon.write(folder.resolve("odd.py"), ODD);
        Daemon daemon = Daemon.start(
                folder,
                () -> PostfixServer.answers(port),
                PYTHON,
                folder.resolve("odd.py").toString(),
                inet(port));
        return new MilterServer(daemon, ServiceAddress.tcp("127.0.0.1", port));
    }

    ServiceAddress address() {
        return address;
    }

    String log() {
        return daemon.log();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
