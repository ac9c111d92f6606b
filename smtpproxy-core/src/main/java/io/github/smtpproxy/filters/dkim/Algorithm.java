package io.github.smtpproxy.filters.dkim;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;

/** How signatures are made. Both sign with SHA-256; rsa-sha1 is gone (RFC 8301 §3.1). */
enum Algorithm {
    /** RFC 6376 §3.3.2. */
    RSA("rsa-sha256", "rsa") {
        @Override
        Signature signature() throws GeneralSecurityException {
            return Signature.getInstance("SHA256withRSA");
        }

        @Override
        byte[] signed(byte[] fields) {
            return fields;
        }
    },
    /** RFC 8463 §3: what is signed is the hash. */
    ED25519("ed25519-sha256", "ed25519") {
        @Override
        Signature signature() throws GeneralSecurityException {
            return Signature.getInstance("Ed25519");
        }

        @Override
        byte[] signed(byte[] fields) {
            return BodyDigest.sha256().digest(fields);
        }
    };

    private final String tag;
    private final String keyType;

    Algorithm(String tag, String keyType) {
        this.tag = tag;
        this.keyType = keyType;
    }

    abstract Signature signature() throws GeneralSecurityException;

    /** What the signature is made of. */
    abstract byte[] signed(byte[] fields);

    /** As in {@code a=}. */
    String tag() {
        return tag;
    }

    /** As in {@code k=} of a key. */
    String keyType() {
        return keyType;
    }

    byte[] sign(PrivateKey key, byte[] fields) {
        try {
            Signature signature = signature();
            signature.initSign(key);
            signature.update(signed(fields));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot sign with " + tag, e);
        }
    }

    boolean verifies(PublicKey key, byte[] fields, byte[] signed) {
        try {
            Signature signature = signature();
            signature.initVerify(key);
            signature.update(signed(fields));
            return signature.verify(signed);
        } catch (GeneralSecurityException wrongLength) {
            return false;
        }
    }
}
