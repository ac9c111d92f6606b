package io.github.smtpproxy.tls;

import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509TrustManager;

/** The CAs that a destination's certificate is to come from. */
public final class TrustedCertificates {

    private TrustedCertificates() {}

    /**
     * A context for connections to a destination that trusts the CAs in a PEM file and no others.
     *
     * @throws IllegalArgumentException where the file cannot be read or holds no certificate
     */
    public static SSLContext load(Path pem) {
        Objects.requireNonNull(pem, "pem");
        return PemCertificate.context(null, PemFiles.trust(pem));
    }

    /** Whether a server's chain is valid now, and from a CA that is trusted. */
    static boolean vouchFor(X509TrustManager trust, List<X509Certificate> shown) {
        try {
            trust.checkServerTrusted(shown.toArray(X509Certificate[]::new), "UNKNOWN");
            return true;
        } catch (CertificateException e) {
            return false;
        }
    }
}
