package io.github.smtpproxy.tls;

import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A certificate of one's own servers, which the proxy shows in their place where TLS is ended and begun anew. It is shown only
 * in the place of a server that has proved to be one of them: by this very certificate, or by another that is valid, from a
 * CA that is trusted here, and has a name in common with it. Else whoever stands between the proxy and the server would hide
 * behind it. Immutable but for the certificate, which may be reloaded; any thread.
 */
public final class HeldCertificate {

    private final PemCertificate held;
    private final X509TrustManager trust;

    private HeldCertificate(PemCertificate held, TrustManager[] trust) {
        this.held = held;
        this.trust = (X509TrustManager) trust[0];
    }

    /** A certificate that is held; servers with another are trusted by the JDK's CAs. */
    public static HeldCertificate of(PemCertificate certificate) {
        return new HeldCertificate(Objects.requireNonNull(certificate, "certificate"), PemFiles.trustByDefault());
    }

    /**
     * This trusting servers with another certificate by the CAs of a PEM file and no others.
     *
     * @throws IllegalArgumentException where the file cannot be read or holds no certificate
     */
    public HeldCertificate trusting(Path serverCas) {
        return new HeldCertificate(held, PemFiles.trust(Objects.requireNonNull(serverCas, "serverCas")));
    }

    /**
     * The context of a server in whose place the proxy stands.
     *
     * @param shown the chain of that server, its own certificate first
     * @throws IllegalArgumentException if there is none
     * @throws IllegalStateException if it is not the chain of a server whose certificate this is
     */
    public SSLContext contextLike(List<X509Certificate> shown) {
        Objects.requireNonNull(shown, "shown");
        if (shown.isEmpty()) {
            throw new IllegalArgumentException("shown must have a certificate");
        }
        X509Certificate own = held.own();
        if (shown.get(0).equals(own) || isOfTheSame(own, shown)) {
            return held.context();
        }
        throw new IllegalStateException(
                "the server's certificate is neither the one that is held, nor one that is trusted"
                        + " and has a name in common with it");
    }

    private boolean isOfTheSame(X509Certificate own, List<X509Certificate> shown) {
        Set<String> names = names(own);
        return TrustedCertificates.vouchFor(trust, shown)
                && names(shown.get(0)).stream().anyMatch(names::contains);
    }

    /** DNS names and addresses; the kind is part of each. */
    private static Set<String> names(X509Certificate certificate) {
        try {
            return Optional.ofNullable(certificate.getSubjectAlternativeNames()).stream()
                    .flatMap(Collection::stream)
                    .filter(name -> name.get(0).equals(2) || name.get(0).equals(7))
                    .map(name -> name.get(0) + " " + name.get(1).toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.toSet());
        } catch (CertificateParsingException unreadable) {
            return Set.of();
        }
    }

    @Override
    public String toString() {
        return "held " + held;
    }
}
