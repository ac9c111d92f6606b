package io.github.smtpproxy.transparent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.transparent.Namespaces.Program;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client, the proxy's host and a server, each in a network namespace; the scripts are those that users get. */
class TransparentTest {

    private static final String CLIENT4 = "10.91.1.2";
    private static final String CLIENT6 = "fd91:1:0:0:0:0:0:2";
    private static final String SERVER4 = "10.91.2.2";
    private static final String SERVER6 = "fd91:2:0:0:0:0:0:2";
    private static final String REVERSED6 = "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.1.9.d.f";
    private static final String UNPRIVILEGED = "setpriv --bounding-set=-all --inh-caps=-all";

    private Namespaces lab;

    @BeforeEach
    void open() throws IOException {
        lab = Namespaces.open();
    }

    @AfterEach
    void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    private Program server() throws IOException {
        Program server = lab.java("s", List.of(), "server", "25");
        server.line("LISTENING");
        return server;
    }

    private Program proxy(String means, String... extras) throws IOException {
        return proxy(List.of(), means, extras);
    }

    private Program proxy(List<String> wrap, String means, String... extras) throws IOException {
        String[] arguments = new String[3 + extras.length];
        arguments[0] = "proxy";
        arguments[1] = means;
        arguments[2] = means.equals("any-ip") ? "25" : "2525";
        System.arraycopy(extras, 0, arguments, 3, extras.length);
        return lab.java("p", wrap, arguments);
    }

    private Program listening(String means, String... extras) throws IOException {
        Program proxy = proxy(means, extras);
        proxy.line("LISTENING");
        return proxy;
    }

    private List<String> client(String host, int port, int lines) throws IOException {
        return client(host, port, lines, "c@d.example");
    }

    private List<String> client(String host, int port, int lines, String... recipients) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("client", host, "" + port, "" + lines));
        arguments.addAll(List.of(recipients));
        try (Program client = lab.java("c", List.of(), arguments.toArray(String[]::new))) {
            return client.ended();
        }
    }

    private void rules(String means) throws IOException {
        if (means.equals("any-ip")) {
            script("any-ip.sh", "up", "cl", "sv");
            script("any-ip.sh", "up", "cl", "sv");
        } else {
            script("fail-closed.sh", "up", means, "cl");
        }
    }

    private void script(String name, String... arguments) throws IOException {
        lab.run("p", command(name, arguments));
    }

    private static String[] command(String name, String... arguments) {
        String[] command = new String[2 + arguments.length];
        command[0] = "bash";
        command[1] = Path.of("..", "smtpproxy-examples", "transparent", name)
                .toAbsolutePath()
                .toString();
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        return command;
    }

    @ParameterizedTest
    @CsvSource({"any-ip", "tproxy", "redirect"})
    void each_side_sees_the_other(String means) throws IOException {
        rules(means);
        try (Program server = server();
                Program proxy = listening(means, "rate")) {
            List<String> seen4 = client(SERVER4, 25, 20_000);
            List<String> seen6 = client(SERVER6, 25, 100);
            assertThat(seen4)
                    .as("proxy: %s", proxy.lines())
                    .contains("SEES " + SERVER4 + " 25", "220 real.example saw " + CLIENT4, ".: 250 took 20000000");
            assertThat(seen6)
                    .as("proxy: %s", proxy.lines())
                    .contains("SEES " + SERVER6 + " 25", "220 real.example saw " + CLIENT6, ".: 250 took 100000");
            for (List<String> seen : List.of(seen4, seen6)) {
                assertThat(seen)
                        .as("the second message, which the rate refuses")
                        .anyMatch(l -> l.startsWith("MAIL: 450 4.7.1") || l.startsWith("MAIL: 451 4.7.1"));
            }
            assertThat(server.lines()).contains("PEER " + CLIENT4, "PEER " + CLIENT6);
        }
    }

    @ParameterizedTest
    @CsvSource({
        SERVER4 + ",2.1.91.10," + CLIENT4 + "," + SERVER6 + "," + CLIENT6,
        SERVER6 + "," + REVERSED6 + "," + CLIENT6 + "," + SERVER4 + "," + CLIENT4
    })
    void a_client_on_a_list_is_refused_and_another_is_not(
            String at, String reversed, String listed, String elsewhere, String another) throws IOException {
        rules("tproxy");
        try (Program server = server();
                Program proxy = listening("tproxy", "listed", reversed)) {
            assertThat(client(at, 25, 100))
                    .as("proxy: %s", proxy.lines())
                    .contains("220 real.example saw " + listed)
                    .anyMatch(l -> l.startsWith("RCPT: 554 5.7.1") && l.contains("[" + listed + "]"))
                    .anyMatch(l -> l.startsWith("DATA: 5"));
            assertThat(client(elsewhere, 25, 100)).contains("RCPT: 250 ok", ".: 250 took 100000");
            assertThat(server.lines())
                    .contains("PEER " + listed, "HEARD " + another + " RCPT TO:<c@d.example>")
                    .doesNotContain("HEARD " + listed + " RCPT TO:<c@d.example>");
        }
    }

    @ParameterizedTest
    @CsvSource({SERVER4 + "," + CLIENT4, SERVER6 + "," + CLIENT6})
    void a_tarpit_holds_the_client_who_then_comes_to_the_server_anew(String at, String address) throws IOException {
        rules("tproxy");
        try (Program server = server();
                Program proxy = listening("tproxy", "tarpit")) {
            List<String> seen = client(at, 25, 100, "nobody@d.example", "c@d.example");
            assertThat(seen)
                    .as("proxy: %s", proxy.lines())
                    .containsSubsequence("RCPT: 550 5.1.1 no such user", "RCPT: 250 ok", ".: 250 took 100000");
            assertThat(waited(seen).get(0)).isGreaterThanOrEqualTo(2_000);
            // who is held holds no connection of the server's
            assertThat(server.lines()).filteredOn(("PEER " + address)::equals).hasSize(2);
        }
    }

    private static List<Long> waited(List<String> lines) {
        return lines.stream()
                .filter(l -> l.startsWith("WAITED "))
                .map(l -> Long.valueOf(l.substring("WAITED ".length())))
                .toList();
    }

    @Test
    void a_server_that_refuses_is_shown_as_a_reset() throws IOException {
        rules("tproxy");
        try (Program proxy = listening("tproxy")) {
            assertThat(client(SERVER4, 25, 100))
                    .as("proxy: %s", proxy.lines())
                    .contains("SocketException Connection reset");
        }
    }

    @Test
    void or_as_421_where_asked_and_so_is_a_connection_to_the_proxy_itself() throws IOException {
        rules("tproxy");
        try (Program proxy = listening("tproxy", "reply")) {
            assertThat(client(SERVER6, 25, 100))
                    .as("proxy: %s", proxy.lines())
                    .contains("421 4.4.1 Destination unreachable");
            assertThat(client("10.91.1.1", 2525, 100)).contains("421 4.4.6 No mail service at this address");
        }
    }

    @Test
    void replies_that_do_not_come_back_are_named() throws IOException {
        rules("tproxy");
        lab.run("p", "nft", "delete", "chain", "inet", "smtpproxy", "replies");
        try (Program server = server();
                Program proxy = listening("tproxy", "reply")) {
            assertThat(client(SERVER4, 25, 100)).contains("421 4.4.1 Destination unreachable");
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(proxy.lines())
                            .anyMatch(l -> l.contains("replies for " + CLIENT4 + " are not routed back to this host")));
            assertThat(server.lines()).doesNotContain("PEER " + CLIENT4);
        }
    }

    @ParameterizedTest
    @CsvSource({"tproxy", "redirect"})
    void without_the_capability_it_does_not_start(String means) throws IOException {
        try (Program proxy = proxy(List.of(UNPRIVILEGED.split(" ")), means)) {
            assertThat(proxy.line("REFUSED"))
                    .contains("cannot set IP_TRANSPARENT", "CAP_NET_RAW or CAP_NET_ADMIN", "Not starting");
        }
    }

    @Test
    void without_the_library_an_older_jdk_does_not_start() throws IOException {
        assumeTrue(Runtime.version().feature() < 22, "a newer JDK needs none");
        String withoutJna = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("jna"))
                .collect(Collectors.joining(File.pathSeparator));
        String[] arguments = {"proxy", "tproxy", "2525"};
        try (Program proxy = lab.java("p", List.of(), withoutJna, arguments)) {
            assertThat(proxy.line("REFUSED")).contains("net.java.dev.jna:jna on the class path", "Not starting");
        }
    }

    @Test
    void without_its_rules_policy_routing_does_not_start() throws IOException {
        try (Program proxy = proxy("any-ip")) {
            assertThat(proxy.line("REFUSED")).contains("The rule is missing", "ip route add local 0.0.0.0/1");
        }
    }

    @Test
    void with_the_proxy_down_fail_closed_blocks_and_fail_open_passes() throws IOException {
        try (Program server = server()) {
            script("fail-closed.sh", "up", "tproxy", "cl");
            assertThat(client(SERVER4, 25, 100)).anyMatch(l -> l.startsWith("ConnectException"));
            assertThat(client(SERVER6, 25, 100)).anyMatch(l -> l.startsWith("ConnectException"));
            assertThat(server.lines()).noneMatch(l -> l.startsWith("PEER"));
            script("fail-closed.sh", "down", "tproxy", "cl");
            script("fail-open.sh", "up", "tproxy", "cl");
            assertThat(client(SERVER4, 25, 100)).contains("220 real.example saw " + CLIENT4);
            assertThat(client(SERVER6, 25, 100)).contains("220 real.example saw " + CLIENT6);
        }
    }

    @Test
    void where_rules_are_not_accepted_the_gate_holds_or_its_lack_is_told() throws IOException {
        try (Program server = server()) {
            // no port of a proxy is so high: the kernel refuses the rules, but for the gate
            String[] refused = command("fail-closed.sh", "up", "tproxy", "cl", "25", "70000");
            try (Program script = lab.start("p", List.of(refused))) {
                assertThat(script.ended()).anyMatch(l -> l.contains("reach no server past the proxy"));
            }
            assertThat(client(SERVER4, 25, 100)).anyMatch(l -> l.startsWith("ConnectException"));
            assertThat(client(SERVER6, 25, 100)).anyMatch(l -> l.startsWith("ConnectException"));
            assertThat(server.lines()).noneMatch(l -> l.startsWith("PEER"));
            String[] nothing = command("fail-closed.sh", "up", "tproxy", "cl", "70000");
            try (Program script = lab.start("p", List.of(nothing))) {
                assertThat(script.ended()).anyMatch(l -> l.contains("THERE IS NO GATE"));
            }
        }
    }

    @Test
    void rules_of_others_with_the_mark_are_not_taken_for_ours() throws IOException {
        lab.run("p", "ip", "rule", "add", "fwmark", "0x2525", "lookup", "77");
        script("fail-closed.sh", "up", "tproxy", "cl");
        assertThat(lab.run("p", "ip", "rule", "list", "fwmark", "0x2525")).anyMatch(l -> l.contains("lookup 2525"));
    }

    @Test
    void policy_routing_can_be_taken_back() throws IOException {
        List<String> before = lab.run("p", "ip", "rule", "list");
        List<String> routes = lab.run("p", "ip", "route", "show", "table", "local");
        script("any-ip.sh", "up", "cl", "sv");
        assertThat(lab.run("p", "ip", "rule", "list")).isNotEqualTo(before);
        script("any-ip.sh", "down", "cl", "sv");
        assertThat(lab.run("p", "ip", "rule", "list")).isEqualTo(before);
        assertThat(lab.run("p", "ip", "route", "show", "table", "local")).isEqualTo(routes);
    }
}
