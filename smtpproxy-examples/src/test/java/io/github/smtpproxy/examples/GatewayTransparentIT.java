package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway's jar between a client and a server that do not know of it, in network namespaces. */
class GatewayTransparentIT {

    private static final List<String> CLIENTS = List.of("10.91.1.2", "fd91:1:0:0:0:0:0:2");
    private static final List<String> UNSHARE =
            List.of("unshare", "--user", "--map-root-user", "--net", "--mount", "bash");

    @TempDir
    static Path server;

    @TempDir
    static Path authority;

    @BeforeAll
    static void makeCertificates() throws Exception {
        TestCertificate.make(server, "server.example", "DNS:server.example");
        TestCertificate.make(authority, "Authority", "DNS:authority.example");
    }

    @BeforeAll
    static void askForNamespaces() throws Exception {
        List<String> probe = new ArrayList<>(UNSHARE);
        probe.addAll(List.of(
                "-c",
                "mount -t tmpfs tmpfs /run && ip link add probe0 type veth peer name probe1 && nft list ruleset"));
        Process process = new ProcessBuilder(probe).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            String why = "no network namespaces are to be had here: " + output;
            if ("required".equals(System.getProperty("peers"))) {
                fail(why);
            }
            System.out.println(why);
            abort(why);
        }
    }

    private static List<String> run(Path trust, String... options) throws IOException {
        List<String> command = new ArrayList<>(UNSHARE);
        command.addAll(List.of(
                "src/test/resources/gateway-transparent.sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"),
                server.toString(),
                trust.resolve("chain.pem").toString(),
                "--mode",
                "transparent",
                "--add-header",
                "X-Seen: by the gateway"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } finally {
            process.destroy();
        }
    }

    @Test
    void tlsThatPassesIsBetweenTheTwoAndNobodyElse() throws IOException {
        List<String> said = run(server, "--tls", "passthrough");
        assertThat(said).filteredOn("client: 250 taken"::equals).as("%s", said).hasSize(2);
        for (String client : CLIENTS) {
            assertThat(said)
                    .contains("server: " + client + " tls MAIL FROM:<a@client.example>")
                    .contains("server: " + client + " content Subject: hello")
                    .doesNotContain("server: " + client + " content X-Seen: by the gateway");
        }
        assertThat(said)
                .filteredOn(l -> l.contains("STARTTLS passes, nothing that follows is seen by [ChangeHeaders]"))
                .hasSize(2);
    }

    @Test
    void tlsThatEndsAtTheGatewayIsFiltered() throws IOException {
        List<String> said = run(
                authority,
                "--tls",
                "reoriginate",
                "--reoriginate-ca",
                authority.resolve("chain.pem") + ":" + authority.resolve("key.pem"),
                "--reoriginate-trust",
                server.resolve("chain.pem").toString());
        assertThat(said).filteredOn("client: 250 taken"::equals).as("%s", said).hasSize(2);
        for (String client : CLIENTS) {
            assertThat(said)
                    .contains("server: " + client + " tls MAIL FROM:<a@client.example>")
                    .containsSubsequence(
                            "server: " + client + " content X-Seen: by the gateway",
                            "server: " + client + " content Subject: hello");
        }
        assertThat(said).filteredOn(l -> l.contains("tls=TLSv1.3")).hasSize(2);
    }
}
