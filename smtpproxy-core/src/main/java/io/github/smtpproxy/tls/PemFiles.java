package io.github.smtpproxy.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Certificates and keys in PEM (RFC 7468). Messages name the file, never its content. */
final class PemFiles {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*+)-----END \\1-----");
    private static final Pattern KEY_BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----");
    private static final long LARGEST = 1 << 20;

    private PemFiles() {}

    /** All certificates of a file, one at least. */
    static List<X509Certificate> certificates(Path file) {
        List<X509Certificate> certificates = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(text(file));
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            while (blocks.find()) {
                if (blocks.group(1).equals("CERTIFICATE")) {
                    byte[] der = base64(file, blocks.group(2));
                    certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
                }
            }
        } catch (CertificateException e) {
            throw new IllegalArgumentException(file + ": certificate " + (certificates.size() + 1) + " is damaged", e);
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException(file + ": holds no PEM certificate");
        }
        return List.copyOf(certificates);
    }

    /** The private key of a file, which is of the kind of that certificate's key. */
    static PrivateKey key(Path file, X509Certificate certificate) {
        String text = text(file);
        Matcher begin = KEY_BLOCK.matcher(text);
        if (!begin.find()) {
            throw new IllegalArgumentException(file + ": holds no PEM private key");
        }
        Matcher block = BLOCK.matcher(text);
        boolean encrypted = begin.group(1).startsWith("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED");
        if (encrypted || !block.find(begin.start()) || block.start() != begin.start()) {
            throw new IllegalArgumentException(file + ": the private key is encrypted or damaged; needed is unencrypted"
                    + " PKCS#8, as 'openssl pkcs8 -topk8 -nodes -in KEY -out PKCS8KEY' writes");
        }
        byte[] der = base64(file, block.group(2));
        byte[] publicKey = certificate.getPublicKey().getEncoded();
        try {
            byte[] pkcs8 = begin.group(1).equals("PRIVATE KEY") ? der : pkcs8(der, publicKey);
            return KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
                    .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException e) {
            // Without the cause: nobody knows what a provider's message tells of a key.
            throw new IllegalArgumentException(file + ": the private key is damaged, or of another kind than the "
                    + certificate.getPublicKey().getAlgorithm() + " key of the certificate");
        }
    }

    /** Trust in the certificates of a file. */
    static TrustManager[] trust(Path file) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (X509Certificate certificate : certificates(file)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException(file + ": cannot be trusted: " + e.getMessage(), e);
        }
    }

    /** Trust in the CAs of the JDK. */
    static TrustManager[] trustByDefault() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's CAs cannot be read", e);
        }
    }

    private static String text(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                throw new IllegalArgumentException(file + ": is larger than " + LARGEST + " octets");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    file + ": cannot be read: " + e.getClass().getSimpleName(), e);
        }
    }

    private static byte[] base64(Path file, String text) {
        try {
            return Base64.getDecoder().decode(text.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": holds a damaged PEM block");
        }
    }

    /**
     * PKCS#8 (RFC 5208 §5) around a PKCS#1 or SEC 1 key; the algorithm is the certificate's, whose SubjectPublicKeyInfo
     * begins with it.
     */
    private static byte[] pkcs8(byte[] key, byte[] publicKeyInfo) {
        int start = (publicKeyInfo[1] & 0x80) == 0 ? 2 : 2 + (publicKeyInfo[1] & 0x7f);
        int length = 2 + publicKeyInfo[start + 1]; // an algorithm is shorter than 128 octets
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(new byte[] {2, 1, 0});
        content.write(publicKeyInfo, start, length);
        content.writeBytes(Der.octets(key));
        return Der.sequence(content.toByteArray());
    }
}
