package io.github.smtpproxy.tls;

import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * A certificate chain and its private key (RSA, RSA-PSS, EC or Ed25519; unencrypted PKCS#8, PKCS#1 or SEC 1) from PEM
 * files, which can be read again while connections are served. All methods may be called from any thread.
 */
public final class PemCertificate {

    // Own code on the JDK: libraries that read PEM bring Bouncy Castle along.

    private final Path chain;
    private final Path key;
    private final Keys keys;
    private final SSLContext context;

    private PemCertificate(Path chain, Path key, TrustManager[] trust) {
        this.chain = Objects.requireNonNull(chain, "chain");
        this.key = Objects.requireNonNull(key, "key");
        this.keys = new Keys(read(chain, key, 0));
        this.context = context(keys, trust);
    }

    /**
     * Reads the files; no client certificate is trusted.
     *
     * @param chain the server's certificate, then those up to its CA
     * @throws IllegalArgumentException where a file cannot be read or used, or the key is not the first certificate's
     */
    public static PemCertificate load(Path chain, Path key) {
        return new PemCertificate(chain, key, new TrustManager[0]);
    }

    /** As {@link #load(Path, Path)}; client certificates issued by the CAs in {@code clientCa} are trusted. */
    public static PemCertificate load(Path chain, Path key, Path clientCa) {
        return new PemCertificate(chain, key, PemFiles.trust(Objects.requireNonNull(clientCa, "clientCa")));
    }

    /** Always the same one; each new handshake uses what was loaded last. Versions are set on its sockets. */
    public SSLContext context() {
        return context;
    }

    /**
     * Reads chain and key again, for all handshakes from now on. The CAs of clients stay as they were.
     *
     * @throws IllegalStateException where {@link #load} would refuse the files; what was loaded before stays in use
     */
    public synchronized void reload() {
        try {
            keys.swap(read(chain, key, keys.current.generation + 1));
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "certificate " + chain;
    }

    /** The first of the chain, which handshakes show now. */
    X509Certificate own() {
        return keys.current.chain.get(0);
    }

    static SSLContext context(X509ExtendedKeyManager keys, TrustManager[] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys == null ? null : new X509ExtendedKeyManager[] {keys}, trust, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no TLS", e);
        }
    }

    /** Of a certificate that does not come from a file. */
    static SSLContext context(List<X509Certificate> chain, PrivateKey key) {
        return context(new Keys(new Entry(0, List.copyOf(chain), key)), new TrustManager[0]);
    }

    private static Entry read(Path chain, Path key, int generation) {
        List<X509Certificate> certificates = PemFiles.certificates(chain);
        PrivateKey privateKey = PemFiles.key(key, certificates.get(0));
        if (!belongs(privateKey, certificates.get(0))) {
            throw new IllegalArgumentException(key + ": is not the key of the first certificate in " + chain);
        }
        return new Entry(generation, certificates, privateKey);
    }

    static boolean belongs(PrivateKey key, X509Certificate certificate) {
        try {
            Signature signature = signature(certificate.getPublicKey());
            byte[] probe = new byte[32];
            new SecureRandom().nextBytes(probe);
            signature.initSign(key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(probe);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static Signature signature(PublicKey key) throws GeneralSecurityException {
        return switch (key.getAlgorithm()) {
            case "EdDSA" -> Signature.getInstance("EdDSA");
            case "EC" -> Signature.getInstance("SHA256withECDSA");
            case "RSASSA-PSS" -> {
                // its parameters have no default; a key may say which it is for
                AlgorithmParameterSpec own = ((RSAKey) key).getParams();
                AlgorithmParameterSpec usual = new PSSParameterSpec(
                        "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, PSSParameterSpec.TRAILER_FIELD_BC);
                Signature signature = Signature.getInstance("RSASSA-PSS");
                signature.setParameter(own == null ? usual : own);
                yield signature;
            }
            default -> Signature.getInstance("SHA256with" + key.getAlgorithm());
        };
    }

    private record Entry(int generation, List<X509Certificate> chain, PrivateKey key) {

        String alias() {
            return "generation-" + generation;
        }

        @Override
        public String toString() {
            return alias();
        }
    }

    /** The one entry; and the one before it, for the handshake that has asked for the alias but not yet for the key. */
    private static final class Keys extends X509ExtendedKeyManager {

        private volatile Entry previous;
        private volatile Entry current;

        Keys(Entry first) {
            previous = first;
            current = first;
        }

        void swap(Entry next) {
            previous = current;
            current = next;
        }

        private String alias(String... types) {
            Entry entry = current;
            String algorithm = entry.chain.get(0).getPublicKey().getAlgorithm();
            return Stream.of(types).anyMatch(algorithm::equals) ? entry.alias() : null;
        }

        private Stream<Entry> named(String alias) {
            return Stream.of(current, previous).filter(e -> e.alias().equals(alias));
        }

        @Override
        public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
            return alias(type);
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return alias(type);
        }

        @Override
        public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
            return alias(types);
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return alias(types);
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[] {current.alias()};
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {current.alias()};
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return named(alias)
                    .findFirst()
                    .map(e -> e.chain.toArray(X509Certificate[]::new))
                    .orElse(null);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return named(alias).findFirst().map(Entry::key).orElse(null);
        }
    }
}
