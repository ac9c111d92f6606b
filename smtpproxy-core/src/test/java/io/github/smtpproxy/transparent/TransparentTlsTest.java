package io.github.smtpproxy.transparent;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.transparent.Namespaces.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS in transparent mode, with a server of two names and a certificate for each. */
class TransparentTlsTest {

    private static final Certificate ONE = Certificate.ELSEWHERE;
    private static final Certificate OTHER = Certificate.CLIENT;
    private static final Certificate AUTHORITY = Certificate.LOCAL;

    @TempDir
    Path folder;

    private Namespaces lab;
    private Path both;

    @BeforeEach
    void open() throws IOException {
        lab = Namespaces.open();
        both = Files.writeString(
                folder.resolve("both.pem"), Files.readString(ONE.chain()) + Files.readString(OTHER.chain()));
        Path rules = Path.of("..", "smtpproxy-examples", "transparent", "fail-closed.sh");
        lab.run("p", "bash", rules.toAbsolutePath().toString(), "up", "tproxy", "cl");
    }

    @AfterEach
    void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    /** The programs run in another folder. */
    private static String of(Path file) {
        return file.toAbsolutePath().toString();
    }

    private Program server() throws IOException {
        Program server = lab.java(
                "s", List.of(), "tls-server", "25", of(ONE.chain()), of(ONE.key()), of(OTHER.chain()), of(OTHER.key()));
        server.line("LISTENING");
        return server;
    }

    private Program proxy(String... extras) throws IOException {
        String[] arguments = new String[3 + extras.length];
        System.arraycopy(new String[] {"proxy", "tproxy", "2525"}, 0, arguments, 0, 3);
        System.arraycopy(extras, 0, arguments, 3, extras.length);
        Program proxy = lab.java("p", List.of(), arguments);
        proxy.line("LISTENING");
        return proxy;
    }

    private List<String> client(String host, Path trust, String name, String... subjects) throws IOException {
        String[] arguments = new String[5 + subjects.length];
        System.arraycopy(new String[] {"tls-client", host, "25", of(trust), name}, 0, arguments, 0, 5);
        System.arraycopy(subjects, 0, arguments, 5, subjects.length);
        try (Program client = lab.java("c", List.of(), arguments)) {
            return client.ended();
        }
    }

    @ParameterizedTest
    @CsvSource({"10.91.2.2,10.91.1.2", "fd91:2:0:0:0:0:0:2,fd91:1:0:0:0:0:0:2"})
    void tls_that_passes_is_the_servers_and_no_filter_sees_it(String at, String address) throws IOException {
        try (Program server = server();
                Program proxy = proxy("subjects")) {
            assertThat(client(at, both, "elsewhere.test", "bad"))
                    .as("proxy: %s", proxy.lines())
                    .contains("SHOWN CN=ELSEWHERE BY CN=ELSEWHERE", ".: 250 taken");
            assertThat(server.lines())
                    .contains("HEARD " + address + " plain STARTTLS", "HEARD " + address + " tls DATA");
        }
    }

    @ParameterizedTest
    @CsvSource({"10.91.2.2,10.91.1.2", "fd91:2:0:0:0:0:0:2,fd91:1:0:0:0:0:0:2"})
    void tls_that_ends_here_is_filtered_and_the_client_sees_whom_it_asked_for(String at, String address)
            throws IOException {
        String[] reoriginating = {"subjects", "reoriginate", of(AUTHORITY.chain()), of(AUTHORITY.key()), of(both)};
        try (Program server = server();
                Program proxy = proxy(reoriginating)) {
            List<String> seen = client(at, AUTHORITY.chain(), "elsewhere.test", "good", "bad");
            assertThat(seen)
                    .as("proxy: %s, server: %s", proxy.lines(), server.lines())
                    .contains("SHOWN CN=ELSEWHERE BY CN=LOCAL")
                    .containsSubsequence(".: 250 taken", ".: 550 5.7.1 Not this");
            assertThat(client(at, AUTHORITY.chain(), "client.test", "good"))
                    .contains("SHOWN CN=CLIENT BY CN=LOCAL", ".: 250 taken");
            assertThat(server.lines()).contains("HEARD " + address + " tls MAIL FROM:<a@b.example>");
        }
    }
}
