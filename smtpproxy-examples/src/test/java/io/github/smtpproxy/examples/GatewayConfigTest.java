package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The file of {@code --config}, and {@code --check}. */
class GatewayConfigTest {

    private static final String VALID = """
            # a gateway before two servers
            listen = 127.0.0.1:0
            listen = [::1]:0

            to = 127.0.0.1:25
            to = !127.0.0.1:26
              max-message-bytes =   25M
            observe
            sensible-limits = true
            stress = false
            add-header = X-Path: through = here
            rate = client:messages=5/min
            rate = network:connections=300/min,burst=50
            """;

    @TempDir
    Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int check(String config, String... options) throws IOException {
        List<String> all =
                new ArrayList<>(List.of("--check", "--config", file(config).toString()));
        all.addAll(List.of(options));
        return Gateway.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }

    private Path file(String config) throws IOException {
        return Files.writeString(dir.resolve("gateway.conf"), config.replace("DIR", dir.toString()));
    }

    @Test
    void a_valid_file_is_said_to_be_valid() throws Exception {
        assertThat(check(VALID)).as(err.toString()).isZero();
        assertThat(out.toString()).isEqualTo("the options are valid\n");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            lisen = 127.0.0.1:0                             | there is no option --lisen for a file
            config = other.conf                             | there is no option --config for a file
            help                                            | there is no option --help for a file
            --observe                                       | there is no option ----observe for a file
            Listen: 127.0.0.1:0                             | must be NAME = VALUE
            listen                                          | --listen needs a value
            listen =                                        | --listen needs a value
            listen = 127.0.0.1                              | option '--listen'
            listen = 127.0.0.1:70000                        | option '--listen'
            listen = 127.0.0.1:0=tls                        | option '--listen'
            listen = 127.0.0.1:0=implicit                   | --listen with =implicit needs --tls-cert and --tls-key
            to = 127.0.0.1:0                                | --to 127.0.0.1:0: port must be
            to = 127.0.0.1:25*0                             | option '--to'
            to = 127.0.0.1:25                               | 127.0.0.1:25
            max-connections = 0                             | --max-connections: maxConnections must be
            max-connections = many                          | option '--max-connections'
            max-recipients = -1                             | --max-recipients: maxRecipients must be
            bandwidth = 25X                                 | option '--bandwidth'
            bandwidth = 99999999999G                        | was '99999999999G'
            observe = perhaps                               | --observe must be true or false, was 'perhaps'
            bare-newlines = keep                            | option '--bare-newlines'
            tls-cert = DIR/absent.pem                       | --tls-cert and --tls-key must be given together
            users = DIR/absent                              | --users: DIR/absent: cannot be read: no such file
            dkim = example.org:s1:DIR/absent                | --dkim example.org:s1:DIR/absent: DIR/absent: cannot be
            dkim = example.org:s1                           | --dkim must be DOMAIN:SELECTOR:FILE
            rate = client:messages=5                        | --rate client:messages=5: rate must be like
            dnsbl = zen.test=1.2.3                          | --dnsbl
            dns = 127.0.0.1:0                               | --dns: DNS server must be
            policy = nowhere                                | --policy
            milter = nowhere                                | --milter
            clamd = relative/path                           | --clamd
            exempt = everybody                              | --exempt
            allow-recipients = @                            | --allow-recipients
            redirect-all = nobody                           | --redirect-all
            add-header = X-Without-Value                    | --add-header must be 'NAME: VALUE'
            pool = 5                                        | --pool and --pool-wait need --mode multiplexing
            greeting-delay = 2m                             | --greeting-delay
            tarpit = 0                                      | --tarpit
            bandwidth = 0                                   | --bandwidth: bandwidth must be
            hello = no name                                 | --hello
            to-user = proxy                                 | --to-user and --to-password-file must be given together
            xclient-from = everybody                        | --xclient-from
            proxy-protocol-from = 10.0.0.0/33               | --proxy-protocol-from
            inspect = 192.0.2.1:0                           | --inspect at 192.0.2.1 needs --inspect-token-file
            admin-token-file = DIR/gateway.conf             | --admin-token-file needs --admin
            mx = true                                       | --mx and --to exclude each other
            transparent = tproxy                            | --transparent needs --mode transparent
            forwarder = 10.0.0.0/8                          | --authserv-id and --forwarder need --verify-sender
            log-level = loud                                | option '--log-level'
            """)
    void what_is_wrong_is_told_with_its_line_and_option(String wrong, String message) throws Exception {
        int status = check(VALID + wrong);

        assertThat(status).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(2).last().isEqualTo("Try 'smtpproxy-gateway --help' for more.");
        assertThat(err.toString())
                // others where they contradict it
                .matches("(?s)smtpproxy-gateway: \\Q" + dir.resolve("gateway.conf") + "\\E:(\\d+,)*14: .*")
                .contains("--", message.replace("DIR", dir.toString()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            listen = 127.0.0.1:0=implicit     | listen = 127.0.0.1:0
            listen = nohost.invalid:25        | listen = 127.0.0.1:0
            to = mail.test:0*2                | to = ok.test:25
            to = !mail.test:0                 | to = ok.test:25
            route = a.test=mail.test:0        | route = b.test=mail.test:25
            dnsbl = zen.test=1.2.3            | dnsbl = good.test
            dns = 127.0.0.1:0                 | dns = 127.0.0.1:53
            allow-recipients = @              | allow-recipients = example.com
            allow-recipients = b.test,@       | allow-recipients = example.com
            add-header = Bad Name: x          | add-header = X-Ok: y
            rspamd = ftp://u:p@h              | rspamd = http://127.0.0.1:11333
            spamd = nowhere                   | spamd = 127.0.0.1:783
            clamd = relative/path             | clamd = /run/clamd
            policy = nowhere                  | policy = 127.0.0.1:10023
            milter = nowhere                  | milter = 127.0.0.1:11332
            hook = ftp://u:p@h                | hook = http://127.0.0.1:8080/
            rate = client:messages=5          | rate = client:messages=5/min
            dkim = example.org:s1             | rate = client:messages=5/min
            """)
    void the_wrong_one_of_two_lines_is_found(String wrong, String right) throws Exception {
        for (boolean first : List.of(true, false)) {
            err.getBuffer().setLength(0);
            assertThat(check(VALID + (first ? wrong + "\n" + right : right + "\n" + wrong)))
                    .isEqualTo(2);
            assertThat(err.toString())
                    .startsWith("smtpproxy-gateway: " + dir.resolve("gateway.conf") + (first ? ":14: " : ":15: "))
                    .contains("--" + wrong.substring(0, wrong.indexOf(' ')))
                    .doesNotContain("u:p@");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"observe = true\nobserve = false", "max-connections = 5\nmax-connections = 6"})
    void what_may_stand_once_is_not_settled_by_itself(String twice) throws Exception {
        assertThat(check("listen = 127.0.0.1:0\nto = 127.0.0.1:25\n" + twice)).isEqualTo(2);
        assertThat(err.toString()).contains(":4: --", " must be there once, was in line 3 before");
    }

    @ParameterizedTest
    @ValueSource(strings = {"listen = 127.0.0.1:2525", "admin = 127.0.0.1:2525", "inspect = 127.0.0.1:2525"})
    void two_at_one_port_are_found(String second) throws Exception {
        assertThat(check("listen = 127.0.0.1:2525\nto = 127.0.0.1:25\n" + second))
                .isEqualTo(2);
        assertThat(err.toString())
                .contains(":1,3: ", "must have addresses of their own, but 127.0.0.1:2525 is there twice");
    }

    @Test
    void a_contradiction_is_told_in_the_same_way_without_a_check() throws Exception {
        int status = Gateway.commandLine()
                .setErr(new PrintWriter(err, true))
                .execute(
                        "--config",
                        file("listen = 127.0.0.1:2525\nto = 127.0.0.1:2525\n").toString());
        assertThat(status).isEqualTo(2);
        assertThat(err.toString()).contains(":1,2: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--to-password=sesame", "--admin-token sesame", "--to-pasword-file=sesame", "sesame"})
    void a_value_of_no_option_is_not_shown(String options) {
        int status = Gateway.commandLine()
                .setErr(new PrintWriter(err, true))
                .execute(("--listen 127.0.0.1:0 --to 127.0.0.1:25 " + options).split(" "));
        assertThat(status).isEqualTo(2);
        assertThat(err.toString())
                .doesNotContain("sesame")
                .matches("(?s)smtpproxy-gateway: (Unknown option: '--|There is).*");
    }

    @Test
    void one_of_several_lines_of_an_option_is_found() throws Exception {
        check(VALID.replace("network:connections=300/min,burst=50", "network:connections=none")
                + "rate = client:octets=5M/h");
        assertThat(err.toString())
                .startsWith("smtpproxy-gateway: " + dir.resolve("gateway.conf") + ":13: --rate network");
    }

    @Test
    void an_option_of_the_command_line_replaces_all_lines_of_the_file() throws Exception {
        assertThat(check(VALID + "max-connections = 0", "--max-connections", "5"))
                .isZero();
        assertThat(check(VALID, "--rate", "client:messages=none")).isEqualTo(2);
        assertThat(err.toString()).startsWith("smtpproxy-gateway: --rate client:messages=none: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"listen = 127.0.0.1:2525", "to = 127.0.0.1:25", ""})
    void what_is_missing_is_named(String config) throws Exception {
        assertThat(check(config)).isEqualTo(2);
        assertThat(err.toString()).matches("(?s)smtpproxy-gateway: --(to|listen).*");
    }

    @Test
    void a_gateway_that_would_relay_to_itself_is_no_valid_one() throws Exception {
        assertThat(check("listen = 127.0.0.1:2525\nto = 127.0.0.1:2525\n")).isEqualTo(2);
        assertThat(err.toString()).contains(":1,2: ", "endpoint 127.0.0.1:2525 is also its destination");
    }

    @Test
    void no_secret_of_the_file_is_shown() throws Exception {
        check(VALID + "redis = http://u:sesame@h");
        assertThat(err.toString()).contains(":14: --redis: ").doesNotContain("sesame");
    }

    @Test
    void a_file_that_is_not_there_is_named() {
        int status = Gateway.commandLine()
                .setErr(new PrintWriter(err, true))
                .execute("--config", dir.resolve("absent.conf").toString());
        assertThat(status).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("smtpproxy-gateway: " + dir.resolve("absent.conf") + ": cannot be read: no such file");
    }

    @Test
    void nothing_is_opened_by_a_check() throws Exception {
        assertThat(check("listen = 127.0.0.1:1\nto = 127.0.0.1:25\nadmin = 127.0.0.1:2\ninspect = 127.0.0.1:3\n"))
                .as(err.toString())
                .isZero();
    }
}
