package io.github.smtpproxy.tls;

import java.nio.file.Path;
import java.util.Objects;
import javax.net.ssl.SSLContext;

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
}
