package io.github.smtpproxy.peers;

import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;

/**
 * An rspamd without modules: it knows GTUBE, and fields of the test: X-Test-Score is added to the score, X-Test-Action is the
 * action, X-Test-Milter has it add and remove fields, X-Test-Seen has it tell what it knows of the client.
 */
final class RspamdServer implements AutoCloseable {

    private static final String PROGRAM = "/usr/bin/rspamd";
    private static final String CONFIGURATION = """
        options {
          pidfile = "%1$s/pid";
          filters = "";
          tempdir = "%1$s";
          control_socket = "%1$s/control mode=0600";
          hs_cache_dir = "%1$s";
          cache_file = "%1$s/cache";
          history_file = "%1$s/history";
          url_tld = "%1$s/tld";
          gtube_patterns = "reject";
          explicit_modules = [];
          dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }
        }
        logging { type = "console"; level = "info"; color = false; }
        worker "normal" { bind_socket = "127.0.0.1:%2$d"; count = 1; mime = true; }
        worker "rspamd_proxy" {
          bind_socket = "127.0.0.1:%3$d";
          count = 1;
          milter = yes;
          upstream "local" { default = yes; self_scan = yes; }
        }
        metric {
          name = "default";
          subject = "***SPAM*** %%s";
          actions { reject = 15; "rewrite subject" = 8; "add header" = 6; greylist = 4; }
        }
        lua = "%1$s/test.lua";
        """;
    private static final String RULES = """
        rspamd_config:register_symbol{ name = 'TEST_SCORE', score = 1, callback = function(task)
          local score = task:get_header('X-Test-Score')
          if score then return true, tonumber(score) end
        end }
        rspamd_config:register_symbol{ name = 'TEST_ACTION', type = 'prefilter', callback = function(task)
          local action = task:get_header('X-Test-Action')
          if action then task:set_pre_result(action, 'Asked for by the test') end
        end }
        rspamd_config:register_symbol{ name = 'TEST_MILTER', type = 'postfilter', callback = function(task)
          if task:get_header('X-Test-Milter') then
            task:set_milter_reply({
              add_headers = { ['X-Added'] = { value = 'one', order = 0 }, ['X-Two'] = { 'a', 'b' } },
              remove_headers = { ['X-Gone'] = 0, ['X-Second'] = 2 } })
          end
          if task:get_header('X-Test-Seen') then
            local sender = (task:get_from('smtp') or {{}})[1]
            task:set_milter_reply({ add_headers = { ['X-Seen'] = table.concat({ task:get_user() or '-',
              tostring(task:get_from_ip()), task:get_helo() or '-', sender.addr or '-',
              tostring(#(task:get_recipients('smtp') or {})) }, ' ') } })
          end
        end }
        """;

    private final Daemon daemon;
    private final int port;
    private final int milterPort;

    private RspamdServer(Daemon daemon, int port, int milterPort) {
        this.daemon = daemon;
        this.port = port;
        this.milterPort = milterPort;
    }

    static RspamdServer start() {
        Peer.require(PROGRAM);
        Path folder = Daemon.folder("rspamd");
        int port = Ports.free();
        int milterPort = Ports.free();
        Daemon.write(folder.resolve("rspamd.conf"), CONFIGURATION.formatted(folder, port, milterPort));
        Daemon.write(folder.resolve("test.lua"), RULES);
        Daemon.write(folder.resolve("tld"), "com\ntest\n");
        Daemon daemon = Daemon.start(
                folder,
                () -> pings(port) && PostfixServer.answers(milterPort),
                PROGRAM,
                "--no-fork",
                "--user=_rspamd",
                "--group=_rspamd",
                "--config=" + folder.resolve("rspamd.conf"));
        return new RspamdServer(daemon, port, milterPort);
    }

    private static boolean pings(int port) {
        try {
            HttpURLConnection ping = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/ping").toURL().openConnection();
            ping.setReadTimeout(5000);
            return ping.getResponseCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    /** As a milter. */
    ServiceAddress milter() {
        return ServiceAddress.tcp("127.0.0.1", milterPort);
    }

    @Override
    public void close() {
        daemon.close();
    }
}
