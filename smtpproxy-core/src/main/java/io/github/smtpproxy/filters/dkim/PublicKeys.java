package io.github.smtpproxy.filters.dkim;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;

/** Public keys as key records have them. */
final class PublicKeys {

    /** RFC 8301 §3.2. */
    static final int LEAST_BITS = 1024;

    /** What it demands of verifiers; what is larger costs too much. */
    private static final int MOST_BITS = 4096;

    private static final int MOST_EXPONENT_BITS = 33;
    private static final int ED25519 = 32;
    /** SubjectPublicKeyInfo up to an Ed25519 key (RFC 8410 §4). */
    private static final byte[] ED25519_INFO = {0x30, 42, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 33, 0};

    private PublicKeys() {}

    /**
     * @param encoded for RSA a SubjectPublicKeyInfo, as all publish it, or an RSAPublicKey, as RFC 6376 §3.6.1 says; for
     *     Ed25519 the 32 octets alone (RFC 8463 §4.2)
     * @throws IllegalArgumentException where it cannot be used; its message is for people to read
     */
    static PublicKey parse(Algorithm algorithm, byte[] encoded) {
        try {
            return algorithm == Algorithm.RSA ? rsa(encoded) : ed25519(encoded);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("key is damaged", e);
        }
    }

    /** As {@link #parse} takes it. */
    static byte[] encode(PublicKey key) {
        byte[] info = key.getEncoded();
        return key instanceof RSAPublicKey ? info : Arrays.copyOfRange(info, ED25519_INFO.length, info.length);
    }

    private static PublicKey rsa(byte[] encoded) throws GeneralSecurityException {
        byte[] info = isKeyAlone(encoded) ? Der.publicRsa(encoded) : encoded;
        RSAPublicKey key = (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(info));
        int bits = key.getModulus().bitLength();
        if (bits < LEAST_BITS) {
            throw new IllegalArgumentException("key has less than " + LEAST_BITS + " bits");
        }
        if (bits > MOST_BITS || key.getPublicExponent().bitLength() > MOST_EXPONENT_BITS) {
            throw new IllegalArgumentException("key is too large");
        }
        return key;
    }

    /** Whether the sequence begins with an integer, the modulus. */
    private static boolean isKeyAlone(byte[] der) {
        if (der.length < 8 || der[0] != 0x30) {
            return false;
        }
        int content = der[1] >= 0 ? 2 : 2 + (der[1] & 0x7F);
        return content < der.length && der[content] == 2;
    }

    private static PublicKey ed25519(byte[] encoded) throws GeneralSecurityException {
        if (encoded.length != ED25519) {
            throw new IllegalArgumentException("key has not " + ED25519 + " octets");
        }
        byte[] info = Arrays.copyOf(ED25519_INFO, ED25519_INFO.length + ED25519);
        System.arraycopy(encoded, 0, info, ED25519_INFO.length, ED25519);
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(info));
    }
}
