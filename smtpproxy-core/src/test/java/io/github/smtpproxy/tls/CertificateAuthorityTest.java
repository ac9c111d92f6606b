package io.github.smtpproxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateAuthorityTest {

    @TempDir
    static Path dir;

    @BeforeAll
    static void keys() throws Exception {
        ca("ec", "ec -pkeyopt ec_paramgen_curve:P-384");
        ca("rsa", "rsa:2048");
        ca("ed", "ed25519");
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem"
                + " -subj /O=Someone/CN=mail.test -days 9"
                + " -addext subjectAltName=DNS:mail.test,DNS:*.mail.test,IP:192.0.2.1");
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.pem -subj /CN=leaf -days 9"
                + " -addext basicConstraints=critical,CA:FALSE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ec", "rsa", "ed"})
    void openssl_verifies_what_is_issued_as_strictly_as_it_can(String kind) throws Exception {
        X509Certificate issued = shown(authority(kind)).get(0);
        assertThat(issued.getSubjectAlternativeNames())
                .hasToString("[[2, mail.test], [2, *.mail.test], [7, 192.0.2.1]]");
        assertThat(issued.getSubjectX500Principal()).isEqualTo(server().getSubjectX500Principal());
        issued.checkValidity();
        Path file = dir.resolve("issued.pem");
        Files.write(file, issued.getEncoded());
        openssl("verify -x509_strict -purpose sslserver -verify_hostname a.mail.test -CAfile " + kind
                + ".pem issued.pem");
    }

    @Test
    void a_server_that_is_not_trusted_gets_a_certificate_of_nobody() throws Exception {
        CertificateAuthority wary = CertificateAuthority.load(file("ec.pem"), file("ec.key"));
        List<X509Certificate> shown = shown(wary);
        assertThat(shown).hasSize(1);
        assertThat(shown.get(0).getIssuerX500Principal()).isEqualTo(server().getIssuerX500Principal());
        Files.write(dir.resolve("nobody.pem"), shown.get(0).getEncoded());
        assertThat(run("verify -CAfile ec.pem nobody.pem")).isNotZero();
        assertThat(run("verify -CAfile server.pem nobody.pem")).isNotZero();
    }

    @Test
    void a_certificate_is_issued_once_for_some_days() {
        List<X509Certificate> server = List.of(server());
        Instant now = Instant.now();
        SSLContext first = authority("ec").at(Clock.fixed(now, ZoneOffset.UTC)).contextLike(server);
        Moving clock = new Moving(now);
        CertificateAuthority authority = authority("ec").at(clock);
        SSLContext one = authority.contextLike(server);
        assertThat(authority.contextLike(server)).isSameAs(one).isNotSameAs(first);
        clock.now = now.plus(Duration.ofDays(3));
        assertThat(authority.contextLike(server)).isSameAs(one);
        clock.now = now.plus(Duration.ofDays(4));
        assertThat(authority.contextLike(server)).isNotSameAs(one);
    }

    @Test
    void files_that_are_no_authority_are_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CertificateAuthority.load(file("leaf.pem"), file("leaf.key")))
                .withMessageContaining("none of a CA");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CertificateAuthority.load(file("ec.pem"), file("server.key")))
                .withMessageContaining("is not the key of");
    }

    private static CertificateAuthority authority(String kind) {
        return CertificateAuthority.load(file(kind + ".pem"), file(kind + ".key"))
                .trusting(file("server.pem"));
    }

    private static X509Certificate server() {
        return PemFiles.certificates(file("server.pem")).get(0);
    }

    /** What a client that trusts anybody is shown. */
    private static List<X509Certificate> shown(CertificateAuthority authority) throws Exception {
        SSLContext context = authority.contextLike(List.of(server()));
        try (SSLServerSocket listening = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread serving = new Thread(() -> {
                try (SSLSocket accepted = (SSLSocket) listening.accept()) {
                    accepted.startHandshake();
                    accepted.getInputStream().read();
                } catch (IOException gone) {
                    // the client says what it misses
                }
            });
            serving.start();
            SSLContext trusting = PemCertificate.context(null, new TrustManager[] {new Anybody()});
            try (SSLSocket client = (SSLSocket)
                    trusting.getSocketFactory().createSocket(listening.getInetAddress(), listening.getLocalPort())) {
                client.startHandshake();
                return List.of((X509Certificate[]) client.getSession().getPeerCertificates());
            } finally {
                serving.join();
            }
        }
    }

    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private static final class Moving extends Clock {
        private Instant now;

        Moving(Instant now) {
            this.now = now;
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private static void ca(String name, String key) throws Exception {
        openssl("req -x509 -newkey " + key + " -nodes -keyout " + name + ".key -out " + name + ".pem -subj /CN=ca-"
                + name + " -days 9 -addext keyUsage=critical,keyCertSign");
    }

    private static void openssl(String arguments) throws Exception {
        assertThat(run(arguments)).as(Files.readString(dir.resolve("log"))).isZero();
    }

    private static int run(String arguments) throws Exception {
        return new ProcessBuilder(("openssl " + arguments).split(" "))
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("log").toFile())
                .start()
                .waitFor();
    }

    private static Path file(String name) {
        return dir.resolve(name);
    }
}
