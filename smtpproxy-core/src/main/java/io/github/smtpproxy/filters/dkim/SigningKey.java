package io.github.smtpproxy.filters.dkim;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPublicKeySpec;

/** A private key that is fit for signing, and its public half. */
record SigningKey(PrivateKey secret, PublicKey published, Algorithm algorithm) {

    private static final int RECOMMENDED_BITS = 2048;
    private static final byte[] PROBE = {1};

    /** @throws IllegalArgumentException where it is not; the message tells nothing of the key */
    static SigningKey of(PrivateKey secret) {
        try {
            SigningKey key = new SigningKey(secret, publicOf(secret), algorithmOf(secret));
            if (!key.algorithm.verifies(key.published, PROBE, key.algorithm.sign(secret, PROBE))) {
                throw new IllegalArgumentException("the private key is damaged");
            }
            // verifiers will do the same
            PublicKeys.parse(key.algorithm, PublicKeys.encode(key.published));
            return key;
        } catch (GeneralSecurityException | IllegalStateException e) {
            throw new IllegalArgumentException("the private key is damaged");
        }
    }

    private static Algorithm algorithmOf(PrivateKey secret) {
        return secret instanceof RSAPrivateCrtKey ? Algorithm.RSA : Algorithm.ED25519;
    }

    private static PublicKey publicOf(PrivateKey secret) throws GeneralSecurityException {
        if (secret instanceof RSAPrivateCrtKey rsa) {
            BigInteger modulus = rsa.getModulus();
            return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, rsa.getPublicExponent()));
        }
        if (secret instanceof EdECPrivateKey ed
                && ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
            return publicOf(
                    ed.getBytes().orElseThrow(() -> new IllegalArgumentException("the private key has no octets")));
        }
        throw new IllegalArgumentException("the private key is neither an RSA key with its primes nor an Ed25519 key");
    }

    /** The JDK makes a pair of random octets only; here these are the private key, and the other half follows. */
    private static PublicKey publicOf(byte[] secret) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
        generator.initialize(NamedParameterSpec.ED25519, new SecureRandom() {
            private static final long serialVersionUID = 1L;

            @Override
            public void nextBytes(byte[] bytes) {
                System.arraycopy(secret, 0, bytes, 0, Math.min(secret.length, bytes.length));
            }
        });
        return generator.generateKeyPair().getPublic();
    }

    byte[] sign(byte[] fields) {
        return algorithm.sign(secret, fields);
    }

    /** Whether it is of less bits than RFC 8301 §3.2 recommends. */
    boolean isShort() {
        return secret instanceof RSAPrivateCrtKey rsa && rsa.getModulus().bitLength() < RECOMMENDED_BITS;
    }

    @Override
    public String toString() {
        return algorithm.keyType() + " key";
    }
}
