package io.github.smtpproxy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.peers.Peer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key and a certificate for localhost, signed by itself: as PEM files, and as what a proxy and a client need. */
record TestCertificate(Path key, Path certificate, SSLContext context) {

    private static final String OPENSSL = "/usr/bin/openssl";

    static TestCertificate in(Path folder) throws IOException {
        Peer.require(OPENSSL);
        Path key = folder.resolve("key.pem");
        Path certificate = folder.resolve("cert.pem");
        Path store = folder.resolve("store.p12");
        openssl(("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
                        + " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s -out %s")
                .formatted(key, certificate));
        openssl("pkcs12 -export -passout pass:test -inkey %s -in %s -out %s".formatted(key, certificate, store));
        return new TestCertificate(key, certificate, context(store));
    }

    private static void openssl(String arguments) {
        Peer.Run run = Peer.run("", (OPENSSL + " " + arguments).split(" "));
        assertThat(run.status()).as(run.output()).isZero();
    }

    private static SSLContext context(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, "test".toCharArray());
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, "test".toCharArray());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    "test", store.getCertificate(store.aliases().nextElement()));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
