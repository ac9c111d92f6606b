package io.github.smtpproxy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.peers.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Postfix, which authenticates with Cyrus SASL against a file of users. */
final class Postfix extends MailServer {

    private static final String POSTFIX = "/usr/sbin/postfix";
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
        mynetworks = 127.0.0.0/8
        alias_maps =
        virtual_mailbox_domains = %5$s
        virtual_mailbox_maps = inline:{ alice@%2$s=alice/, bob@%2$s=bob/ }
        virtual_transport = discard
        smtpd_relay_restrictions = %4$s, reject
        smtpd_delay_reject = no
        smtpd_helo_required = yes
        message_size_limit = %3$d
        smtpd_error_sleep_time = 0
        smtpd_soft_error_limit = 1000
        smtpd_hard_error_limit = 1000
        smtpd_junk_command_limit = 1000
        smtpd_client_connection_count_limit = 0
        smtpd_forbid_bare_newline = reject
        smtpd_forbid_bare_newline_exclusions =
        smtpd_authorized_xclient_hosts = 127.0.0.1
        smtpd_tls_security_level = may
        smtpd_tls_cert_file = %1$s/cert.pem
        smtpd_tls_key_file = %1$s/key.pem
        smtpd_sasl_auth_enable = yes
        smtpd_sasl_local_domain = %2$s
        smtpd_sasl_path = smtpd
        broken_sasl_auth_clients = yes
        """;

    /** Keeps all that it takes, from anybody for anybody. */
    private static final String KEEPING = "smtpd_client_restrictions = check_client_access static:HOLD\n";

    private static final String MASTER = """
        127.0.0.1:%d inet n - n - - smtpd
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
        anvil unix - - n - 1 anvil
        postlog unix-dgram n - n - 1 postlogd
        """;

    private static final String SASL = """
        pwcheck_method: auxprop
        auxprop_plugin: sasldb
        sasldb_path: %s/users
        mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 DIGEST-MD5
        """;

    private final boolean keeps;

    Postfix() throws IOException {
        this(false);
    }

    /** @param keeps whether it takes and keeps all that it can read */
    Postfix(boolean keeps) throws IOException {
        this.keeps = keeps;
        Peer.require(POSTFIX, SASLPASSWD);
    }

    @Override
    String name() {
        return "Postfix " + version("mail_version = ", "/usr/sbin/postconf", "mail_version");
    }

    @Override
    protected void configure() throws IOException {
        folder("conf", "root");
        folder("queue", "root");
        folder("data", "postfix");
        // Debian's Postfix looks for it beside main.cf
        Path sasl = folder("conf/sasl", "root");
        Files.writeString(folder.resolve("conf/main.cf"), main());
        Files.writeString(folder.resolve("conf/master.cf"), MASTER.formatted(port));
        Files.writeString(sasl.resolve("smtpd.conf"), SASL.formatted(sasl));
        Peer.Run user = Peer.run(
                "secret", SASLPASSWD, "-p", "-c", "-f", sasl.resolve("users").toString(), "-u", DOMAIN, "alice");
        assertThat(user.status()).as(user.output()).isZero();
        own(sasl.resolve("users"), "postfix");
    }

    private String main() {
        return keeps
                ? MAIN.formatted(folder, DOMAIN, MAX_SIZE, "permit_mynetworks", "") + KEEPING
                : MAIN.formatted(folder, DOMAIN, MAX_SIZE, "permit_auth_destination", DOMAIN);
    }

    @Override
    protected List<String> command() {
        return List.of(POSTFIX, "-c", folder + "/conf", "start");
    }

    @Override
    Taken taken(String id) {
        String envelope = Peer.run("", "/usr/sbin/postcat", "-c", folder + "/conf", "-e", "-q", id)
                .output();
        return new Taken(field("sender: ", envelope), field("recipient: ", envelope));
    }

    /** Postfix keeps addresses without quotes. */
    private static String field(String name, String envelope) {
        String octets = envelope.lines()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(envelope))
                .substring(name.length());
        String text = readable(octets);
        int at = text.lastIndexOf('@');
        return at < 0 ? text : text.substring(0, at) + text.substring(at).toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        Peer.run("", POSTFIX, "-c", folder + "/conf", "stop");
        super.close();
    }
}
