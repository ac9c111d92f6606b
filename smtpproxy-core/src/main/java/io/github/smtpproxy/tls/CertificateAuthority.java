package io.github.smtpproxy.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A CA of the operator's own, which the clients trust: it issues a certificate for each server whose TLS is ended and begun
 * anew. The certificate names whom the server's own names. It is from this CA only if the server's own is valid and from a
 * CA that is trusted here; else it is signed by nobody, so that a client that verifies goes no further than it would without
 * the proxy. Certificates are kept for a week, 1,000 of them, in memory. Any thread.
 */
public final class CertificateAuthority {

    private static final int MOST = 1_000;
    private static final Duration LIFE = Duration.ofDays(7);
    private static final Duration SKEW = Duration.ofHours(1);

    private final List<X509Certificate> chain;
    private final PrivateKey key;
    private final X509TrustManager trust;
    private final Clock clock;
    private final KeyPair servers = servers();
    private final Map<X509Certificate, Issued> issued = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<X509Certificate, Issued> eldest) {
            return size() > MOST;
        }
    };

    private record Issued(SSLContext context, boolean trusted, Instant fresh) {}

    private CertificateAuthority(List<X509Certificate> chain, PrivateKey key, TrustManager[] trust, Clock clock) {
        this.chain = chain;
        this.key = key;
        this.trust = (X509TrustManager) trust[0];
        this.clock = clock;
    }

    /**
     * Reads the CA's certificate, then those up to its root, and its unencrypted key (EC, RSA or Ed25519), in PEM. Servers are
     * trusted by the JDK's CAs.
     *
     * @throws IllegalArgumentException where a file cannot be read or used, or the certificate is none of a CA
     */
    public static CertificateAuthority load(Path certificate, Path key) {
        Objects.requireNonNull(certificate, "certificate");
        Objects.requireNonNull(key, "key");
        List<X509Certificate> chain = PemFiles.certificates(certificate);
        if (chain.get(0).getBasicConstraints() < 0) {
            throw new IllegalArgumentException(certificate + ": the first certificate is none of a CA");
        }
        PrivateKey privateKey = PemFiles.key(key, chain.get(0));
        SigningAlgorithm.of(privateKey);
        if (!PemCertificate.belongs(privateKey, chain.get(0))) {
            throw new IllegalArgumentException(key + ": is not the key of the first certificate in " + certificate);
        }
        return new CertificateAuthority(chain, privateKey, PemFiles.trustByDefault(), Clock.systemUTC());
    }

    /** This trusting servers by the CAs of a PEM file and no others. */
    public CertificateAuthority trusting(Path serverCas) {
        Objects.requireNonNull(serverCas, "serverCas");
        return new CertificateAuthority(chain, key, PemFiles.trust(serverCas), clock);
    }

    CertificateAuthority at(Clock other) {
        return new CertificateAuthority(chain, key, new TrustManager[] {trust}, other);
    }

    /**
     * The context of a server in whose place the proxy stands.
     *
     * @param shown the chain of that server, its own certificate first
     * @throws IllegalStateException if a certificate cannot be issued
     */
    public SSLContext contextLike(List<X509Certificate> shown) {
        Objects.requireNonNull(shown, "shown");
        if (shown.isEmpty()) {
            throw new IllegalArgumentException("shown must have a certificate");
        }
        boolean trusted = TrustedCertificates.vouchFor(trust, shown);
        Instant now = clock.instant();
        synchronized (issued) {
            Issued before = issued.get(shown.get(0));
            if (before != null && before.trusted == trusted && now.isBefore(before.fresh)) {
                return before.context;
            }
        }
        Issued made = issue(shown.get(0), trusted, now);
        synchronized (issued) {
            issued.put(shown.get(0), made);
        }
        return made.context;
    }

    private Issued issue(X509Certificate like, boolean trusted, Instant now) {
        Instant until = now.plus(LIFE);
        IssuedCertificate certificate = new IssuedCertificate(like, servers.getPublic(), now.minus(SKEW), until);
        try {
            List<X509Certificate> shown = new ArrayList<>();
            if (trusted) {
                shown.add(certificate.signedBy(chain.get(0), key));
                shown.addAll(chain);
            } else {
                shown.add(certificate.signedByNobody(servers.getPrivate()));
            }
            SSLContext context = PemCertificate.context(shown, servers.getPrivate());
            return new Issued(context, trusted, until.minus(LIFE.dividedBy(2)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no certificate can be issued", e);
        }
    }

    /** One key is enough for all: they are all ours. */
    private static KeyPair servers() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no P-256", e);
        }
    }

    @Override
    public String toString() {
        return "CA " + chain.get(0).getSubjectX500Principal();
    }
}
