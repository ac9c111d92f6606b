package io.github.smtpproxy.differential;

import io.github.smtpproxy.peers.Peer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/** Exim with authenticators of its own; what it accepts stays in its queue. */
final class Exim extends MailServer {

    private static final String EXIM =
            Optional.ofNullable(System.getenv("SMTPPROXY_PEERS")).orElse("/opt/smtpproxy-peers")
                    + "/exim4/usr/sbin/exim4";

    private static final String CONFIGURATION = """
        exim_path = %1$s
        primary_hostname = exim.test
        spool_directory = %2$s/spool
        log_file_path = %2$s/spool/%%slog
        pid_file_path = %2$s/spool/pid
        local_interfaces = <; 127.0.0.1
        daemon_smtp_ports = %3$d
        host_lookup =
        helo_lookup_domains =
        rfc1413_query_timeout = 0s
        queue_only = true
        message_size_limit = %5$d
        dsn_advertise_hosts = *
        chunking_advertise_hosts = *
        smtp_enforce_sync = false
        smtp_accept_max = 0
        smtp_accept_max_nonmail = 1000
        smtp_max_synprot_errors = 1000
        smtp_max_unknown_commands = 1000
        tls_advertise_hosts = *
        tls_certificate = %2$s/cert.pem
        tls_privatekey = %2$s/key.pem
        acl_smtp_rcpt = %6$s
        acl_smtp_vrfy = accept
        acl_smtp_data = accept
        begin acl
        rcpt:
          accept domains = %4$s
                 local_parts = alice : bob
          deny message = No such person here
        begin routers
        all:
          driver = accept
          domains = %4$s
          local_parts = alice : bob
          transport = none
        begin transports
        none:
          driver = appendfile
          file = /dev/null
          user = Debian-exim
        begin authenticators
        plain:
          driver = plaintext
          public_name = PLAIN
          server_prompts = :
          server_condition = ${if and{{eq{$auth2}{alice}}{eq{$auth3}{secret}}}}
          server_set_id = $auth2
        login:
          driver = plaintext
          public_name = LOGIN
          server_prompts = Username:: : Password::
          server_condition = ${if and{{eq{$auth1}{alice}}{eq{$auth2}{secret}}}}
          server_set_id = $auth1
        cram:
          driver = cram_md5
          public_name = CRAM-MD5
          server_secret = ${if eq{$auth1}{alice}{secret}fail}
          server_set_id = $auth1
        """;

    private final boolean keeps;

    Exim() throws IOException {
        this(false);
    }

    /** @param keeps whether it takes all that it can read */
    Exim(boolean keeps) throws IOException {
        this.keeps = keeps;
        Peer.require(EXIM);
    }

    @Override
    String name() {
        return "Exim " + version("Exim version ", EXIM, "-C", "/dev/null", "-bV");
    }

    @Override
    protected void configure() throws IOException {
        folder("spool", "Debian-exim");
        own(certificate.key(), "Debian-exim");
        Files.writeString(
                folder.resolve("exim.conf"),
                CONFIGURATION.formatted(EXIM, folder, port, DOMAIN, MAX_SIZE, keeps ? "accept" : "rcpt"));
    }

    @Override
    Taken taken(String id) {
        try {
            List<String> lines =
                    Files.readAllLines(folder.resolve("spool/input/" + id + "-H"), StandardCharsets.ISO_8859_1);
            String sender = lines.get(2).substring(1, lines.get(2).length() - 1);
            // who has heard of it already, how many there are, and those
            return new Taken(plain(readable(sender)), plain(readable(lines.get(lines.indexOf("XX") + 2))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected List<String> command() {
        return List.of(EXIM, "-C", folder + "/exim.conf", "-bdf");
    }
}
