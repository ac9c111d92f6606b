package io.github.smtpproxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PemCertificateTest {

    @TempDir
    static Path dir;

    @BeforeAll
    static void keys() throws Exception {
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=root -days 9");
        Files.writeString(dir.resolve("ca.ext"), "basicConstraints=critical,CA:TRUE\n");
        issue("middle", "root", "rsa:2048", "-extfile ca.ext");
        issue("rsa", "middle", "rsa:2048", "");
        issue("ec", "middle", "ec -pkeyopt ec_paramgen_curve:P-256", "");
        issue("ed", "middle", "ed25519", "");
        issue("pss", "middle", "rsa-pss -pkeyopt rsa_keygen_bits:2048", "");
        issue(
                "pss384",
                "middle",
                "rsa-pss -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 -pkeyopt"
                        + " rsa_pss_keygen_mgf1_md:sha384 -pkeyopt rsa_pss_keygen_saltlen:48",
                "");
        openssl("rsa -in rsa.key -traditional -out rsa1.key");
        openssl("ec -in ec.key -out ec1.key");
        openssl("pkcs8 -topk8 -in rsa.key -passout pass:x -out encrypted.key");
        openssl("rsa -in rsa.key -traditional -aes128 -passout pass:x -out encrypted1.key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa rsa", "rsa rsa1", "ec ec", "ec ec1", "ed ed", "pss pss", "pss384 pss384"})
    void a_client_that_trusts_the_root_sees_the_chain(String names) throws Exception {
        PemCertificate certificate =
                PemCertificate.load(file(names.split(" ")[0] + ".chain"), file(names.split(" ")[1] + ".key"));
        SSLContext client = TrustedCertificates.load(file("root.pem"));
        assertThat(handshake(certificate.context(), client))
                .containsExactly("CN=" + names.split(" ")[0], "CN=middle", "CN=root");
    }

    @Test
    void a_client_that_trusts_another_ca_refuses() {
        PemCertificate certificate = PemCertificate.load(file("rsa.chain"), file("rsa.key"));
        SSLContext client = TrustedCertificates.load(file("ec.pem"));
        assertThatThrownBy(() -> handshake(certificate.context(), client)).isInstanceOf(SSLException.class);
    }

    @Test
    void the_next_handshake_sees_what_was_reloaded_and_a_bad_file_changes_nothing() throws Exception {
        Path chain = copy("rsa.chain", "live.chain");
        Path key = copy("rsa.key", "live.key");
        PemCertificate certificate = PemCertificate.load(chain, key);
        SSLContext server = certificate.context();
        SSLContext client = TrustedCertificates.load(file("root.pem"));
        assertThat(handshake(server, client)).contains("CN=rsa");

        copy("ec.chain", "live.chain");
        assertThatIllegalStateException().isThrownBy(certificate::reload).withMessageContaining(key.toString());
        assertThat(handshake(server, TrustedCertificates.load(file("root.pem"))))
                .contains("CN=rsa");

        copy("ec.key", "live.key");
        certificate.reload();
        assertThat(certificate.context()).isSameAs(server);
        assertThat(handshake(server, TrustedCertificates.load(file("root.pem"))))
                .contains("CN=ec");
    }

    @Test
    void client_certificates_are_trusted_by_their_ca_only() throws Exception {
        PemCertificate trusting = PemCertificate.load(file("rsa.chain"), file("rsa.key"), file("root.pem"));
        PemCertificate other = PemCertificate.load(file("rsa.chain"), file("rsa.key"), file("rsa.pem"));
        SSLContext client = PemCertificate.load(file("ec.chain"), file("ec.key"), file("root.pem"))
                .context();
        assertThat(clientSeen(trusting.context(), client)).isEqualTo("CN=ec");
        assertThatThrownBy(() -> clientSeen(other.context(), client))
                .isInstanceOfAny(SSLException.class, SocketException.class, ExecutionException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rsa.chain ec.key ec.key", "rsa.chain middle.key middle.key", "rsa.chain encrypted.key pkcs8",
                "pss.chain pss384.key pss384.key", "pss.chain rsa.key rsa.key", "rsa.chain pss.key pss.key",
                "rsa.chain encrypted1.key pkcs8", "rsa.chain absent.key absent.key",
                        "absent.chain rsa.key absent.chain",
                "rsa.key rsa.key rsa.key", "rsa.chain rsa.pem rsa.pem"
            })
    void unusable_files_are_named(String names) {
        String[] name = names.split(" ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PemCertificate.load(file(name[0]), file(name[1])))
                .withMessageContaining(name[2]);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "garbage",
                "-----BEGIN PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\n=A=\n-----END PRIVATE KEY-----",
                "-----BEGIN RSA PRIVATE KEY-----\nSECRET==\n-----END RSA PRIVATE KEY-----",
                "-----BEGIN CERTIFICATE-----\nSECRET==\n-----END CERTIFICATE-----"
            })
    void garbage_is_refused_without_its_text(String text) throws IOException {
        Path garbage = Files.writeString(dir.resolve("garbage.pem"), text);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PemCertificate.load(file("rsa.chain"), garbage))
                .satisfies(
                        e -> assertThat(e.getMessage()).contains("garbage.pem").doesNotContain("SECRET"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrustedCertificates.load(garbage))
                .withMessageContaining("garbage.pem");
    }

    private static List<String> handshake(SSLContext server, SSLContext client) throws Exception {
        return connect(server, client, false).server();
    }

    private static String clientSeen(SSLContext server, SSLContext client) throws Exception {
        return connect(server, client, true).client().get(0);
    }

    private record Seen(List<String> server, List<String> client) {}

    private static Seen connect(SSLContext server, SSLContext client, boolean clientCertificate) throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (SSLServerSocket listening =
                (SSLServerSocket) server.getServerSocketFactory().createServerSocket(0, 1, loopback)) {
            listening.setNeedClientAuth(clientCertificate);
            listening.setSoTimeout(60_000);
            CompletableFuture<List<String>> accepted = CompletableFuture.supplyAsync(() -> {
                try (SSLSocket socket = (SSLSocket) listening.accept()) {
                    socket.setSoTimeout(60_000);
                    socket.startHandshake();
                    socket.getOutputStream().write(1);
                    return clientCertificate ? names(socket.getSession().getPeerCertificates()) : List.of();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            List<String> seen;
            try (SSLSocket socket =
                    (SSLSocket) client.getSocketFactory().createSocket(loopback, listening.getLocalPort())) {
                socket.setSoTimeout(60_000);
                socket.startHandshake();
                assertThat(socket.getInputStream().read()).isEqualTo(1);
                seen = names(socket.getSession().getPeerCertificates());
            }
            // Closed first: the other side's close waits for it.
            return new Seen(seen, accepted.get(60, TimeUnit.SECONDS));
        }
    }

    private static List<String> names(Certificate... certificates) {
        List<String> names = new ArrayList<>();
        for (Certificate certificate : certificates) {
            names.add(((X509Certificate) certificate).getSubjectX500Principal().getName());
        }
        return names;
    }

    private static void issue(String name, String issuer, String algorithm, String extensions) throws Exception {
        openssl("req -newkey " + algorithm + " -nodes -keyout " + name + ".key -out " + name + ".csr -subj /CN="
                + name);
        openssl("x509 -req -in " + name + ".csr -CA " + issuer + ".pem -CAkey " + issuer
                + ".key -CAcreateserial -days 9" + " -out " + name + ".pem " + extensions);
        String rest = issuer.equals("root") ? "" : Files.readString(file("middle.pem"));
        Files.writeString(
                dir.resolve(name + ".chain"),
                Files.readString(file(name + ".pem")) + rest + Files.readString(file("root.pem")));
    }

    private static Path file(String name) {
        return dir.resolve(name);
    }

    private static Path copy(String from, String to) throws IOException {
        return Files.copy(file(from), file(to), StandardCopyOption.REPLACE_EXISTING);
    }

    private static void openssl(String arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments.strip().split(" +")));
        Path log = dir.resolve("openssl.log");
        Process process = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor()).as(arguments + Files.readString(log)).isZero();
    }
}
