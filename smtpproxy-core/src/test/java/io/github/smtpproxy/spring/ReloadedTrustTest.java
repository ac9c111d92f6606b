package io.github.smtpproxy.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.LoopbackServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslStoreBundle;

/** What a bundle does not trust any more is not resumed either. */
class ReloadedTrustTest {

    private static SslBundle trusting(Certificate certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate.chain())) {
            store.setCertificateEntry(
                    "it", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        return SslBundle.of(SslStoreBundle.of(null, null, store));
    }

    private static void serve(SSLContext context, Socket connection) throws IOException {
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(connection, null, connection.getPort(), true)) {
            socket.setUseClientMode(false);
            socket.getOutputStream().write(socket.getInputStream().read());
        }
    }

    /** A whole conversation, so that tickets have come. */
    private static void connect(SSLContext context, InetSocketAddress server, String protocol) throws IOException {
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(server.getHostString(), server.getPort())) {
            socket.setEnabledProtocols(new String[] {protocol});
            socket.startHandshake();
            socket.getOutputStream().write('x');
            assertThat(socket.getInputStream().read()).isEqualTo('x');
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void a_server_whose_certificate_is_not_trusted_any_more_is_refused(String protocol) throws Exception {
        DefaultSslBundleRegistry registry = new DefaultSslBundleRegistry("mail", trusting(Certificate.LOCAL));
        SSLContext context = new Bundles(Optional.of(registry)).withTrust("property", "mail");
        SSLContext shown = Certificate.LOCAL.shown();
        try (LoopbackServer server = LoopbackServer.start(connection -> serve(shown, connection))) {
            connect(context, server.address(), protocol);
            connect(context, server.address(), protocol);
            registry.updateBundle("mail", trusting(Certificate.ELSEWHERE));
            assertThatThrownBy(() -> connect(context, server.address(), protocol))
                    .isInstanceOf(SSLHandshakeException.class);
            registry.updateBundle("mail", trusting(Certificate.LOCAL));
            connect(context, server.address(), protocol);
        }
    }
}
