package io.github.smtpproxy.tls;

import java.security.PrivateKey;

/** How certificates are signed with a key (RFC 5758 §3.2, RFC 4055 §5, RFC 8410 §3). */
enum SigningAlgorithm {
    ECDSA("SHA256withECDSA", Der.sequence(Der.oid("1.2.840.10045.4.3.2"))),
    RSA("SHA256withRSA", Der.sequence(Der.oid("1.2.840.113549.1.1.11"), new byte[] {5, 0})),
    ED25519("Ed25519", Der.sequence(Der.oid("1.3.101.112")));

    private final String jdkName;
    private final byte[] identifier;

    SigningAlgorithm(String jdkName, byte[] identifier) {
        this.jdkName = jdkName;
        this.identifier = identifier;
    }

    /** @throws IllegalArgumentException if there is none for this kind of key */
    static SigningAlgorithm of(PrivateKey key) {
        return switch (key.getAlgorithm()) {
            case "EC" -> ECDSA;
            case "RSA" -> RSA;
            case "EdDSA", "Ed25519" -> ED25519;
            default ->
                throw new IllegalArgumentException(
                        "the key of a CA must be EC, RSA or Ed25519, was " + key.getAlgorithm());
        };
    }

    String jdkName() {
        return jdkName;
    }

    /** AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
    byte[] identifier() {
        return identifier.clone();
    }
}
