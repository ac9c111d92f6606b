package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.Application.proxy;
import static io.github.smtpproxy.spring.Application.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.ssl.SslBundles;

/** TLS comes from Boot's SSL bundles, as they are now. */
class BundlesTest {

    private final Application application = new Application();

    @TempDir
    private Path folder;

    @AfterEach
    void nothing_is_left() {
        application.close();
    }

    /** Takes any certificate. */
    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private String[] bundle(String name, Certificate certificate) throws IOException {
        install(certificate);
        String prefix = "spring.ssl.bundle.pem." + name + ".";
        return new String[] {
            prefix + "reload-on-update=true",
            prefix + "keystore.certificate=" + folder.resolve("chain.pem"),
            prefix + "keystore.private-key=" + folder.resolve("key.pem"),
            "spring.ssl.bundle.watch.file.quiet-period=50ms"
        };
    }

    private void install(Certificate certificate) throws IOException {
        // each is there whole, or not
        Path chain = Files.copy(certificate.chain(), folder.resolve("chain.new"));
        Path key = Files.copy(certificate.key(), folder.resolve("key.new"));
        Files.move(key, folder.resolve("key.pem"), StandardCopyOption.ATOMIC_MOVE);
        Files.move(chain, folder.resolve("chain.pem"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String shownBy(InetSocketAddress server) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(server.getAddress(), server.getPort())) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    @Test
    void new_sessions_are_shown_the_certificate_that_was_loaded_last_and_old_ones_go_on() throws Exception {
        application
                .relaying()
                .withPropertyValues(bundle("web", Certificate.LOCAL))
                .withPropertyValues(
                        "smtpproxy.endpoints.in.ssl.bundle=web",
                        "smtpproxy.endpoints.in.ssl.mode=implicit",
                        "smtpproxy.endpoints.plain.port=0")
                .run(context -> {
                    InetSocketAddress address = proxy(context).addresses().get(0);
                    assertThat(shownBy(address)).isEqualTo("CN=LOCAL");
                    try (Dialogue old = Dialogue.with(proxy(context).addresses().get(1))) {
                        old.hears("220");
                        install(Certificate.ELSEWHERE);
                        await().untilAsserted(() -> assertThat(shownBy(address)).isEqualTo("CN=ELSEWHERE"));
                        old.says("QUIT").hears("221");
                    }
                });
    }

    @Test
    void starttls_is_offered_or_required() throws Exception {
        application
                .relaying()
                .withPropertyValues(bundle("web", Certificate.LOCAL))
                .withPropertyValues(
                        "smtpproxy.endpoints.in.ssl.bundle=web",
                        "smtpproxy.endpoints.must.ssl.bundle=web",
                        "smtpproxy.endpoints.must.ssl.mode=required",
                        "smtpproxy.endpoints.must.port=0")
                .run(context -> {
                    try (Dialogue client =
                                    Dialogue.with(proxy(context).addresses().get(0));
                            Dialogue must =
                                    Dialogue.with(proxy(context).addresses().get(1))) {
                        client.greets()
                                .startsTls(Certificate.LOCAL.trusted())
                                .says("EHLO client.test")
                                .hears("250");
                        client.envelope();
                        must.greets().says("MAIL FROM:<a@client.test>").hears("530");
                    }
                });
    }

    @Test
    void a_destination_is_trusted_by_its_bundle() {
        application.destination().startTls(Certificate.LOCAL.shown());
        application
                .relaying()
                .withPropertyValues(
                        "spring.ssl.bundle.pem.mail.truststore.certificate=" + Certificate.LOCAL.chain(),
                        "smtpproxy.destinations.first.tls=verified",
                        "smtpproxy.destinations.first.ssl.bundle=mail")
                .run(context -> send(context, "a@client.test", "b@dest.test", "hello"));
        assertThat(application.destination().heard("STARTTLS")).hasSize(1);
        assertThat(application.destination().messages()).hasSize(1);
    }

    @Test
    void a_destination_that_asks_for_a_certificate_is_shown_that_of_its_bundle() {
        application
                .destination()
                .startTls(Certificate.LOCAL.shownTrusting(Certificate.ELSEWHERE))
                .wantsCertificate();
        application
                .relaying()
                .withPropertyValues(
                        "spring.ssl.bundle.pem.mail.truststore.certificate=" + Certificate.LOCAL.chain(),
                        "spring.ssl.bundle.pem.mail.keystore.certificate=" + Certificate.ELSEWHERE.chain(),
                        "spring.ssl.bundle.pem.mail.keystore.private-key=" + Certificate.ELSEWHERE.key(),
                        "smtpproxy.destinations.first.tls=verified",
                        "smtpproxy.destinations.first.ssl.bundle=mail")
                .run(context -> send(context, "a@client.test", "b@dest.test", "hello"));
        assertThat(application.destination().messages()).hasSize(1);
    }

    @Test
    void a_bundle_that_sets_ciphers_is_refused_rather_than_half_used() throws Exception {
        application
                .relaying()
                .withPropertyValues(bundle("web", Certificate.LOCAL))
                .withPropertyValues(
                        "spring.ssl.bundle.pem.web.options.enabled-protocols=TLSv1.3",
                        "smtpproxy.endpoints.in.ssl.bundle=web")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining(
                                "smtpproxy.endpoints.in.ssl.bundle is web, but the bundle must be without"));
    }

    @Test
    void bundles_are_not_needed() {
        application
                .relaying()
                .withClassLoader(new org.springframework.boot.test.context.FilteredClassLoader(SslBundles.class))
                .run(context -> assertThat(context).hasNotFailed());
    }
}
