package io.github.smtpproxy.tls;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A certificate of a server that names whom another one names (X.509 version 3, RFC 5280 §4.1). */
final class IssuedCertificate {

    // the JDK makes none in public, and libraries that do are many times as large as this

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SERIAL_BITS = 127;
    private static final String ALTERNATIVE_NAMES = "2.5.29.17";
    private static final String KEY_IDENTIFIER = "2.5.29.14";
    private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    private static final byte[] TRUE = {1, 1, (byte) 0xFF};

    private static final byte[] FOR_SERVERS =
            extension("2.5.29.37", false, Der.octets(Der.sequence(Der.oid("1.3.6.1.5.5.7.3.1"))));
    /** The first of nine bits: digitalSignature. */
    private static final byte[] FOR_SIGNATURES =
            extension("2.5.29.15", true, Der.octets(Der.bits(7, new byte[] {(byte) 0x80})));

    private static final byte[] NO_AUTHORITY = extension("2.5.29.19", true, Der.octets(Der.sequence()));

    private final X509Certificate like;
    private final PublicKey key;
    private final Instant from;
    private final Instant until;

    /** @param like whose subject and alternative names it has */
    IssuedCertificate(X509Certificate like, PublicKey key, Instant from, Instant until) {
        this.like = like;
        this.key = key;
        this.from = from;
        this.until = until;
    }

    X509Certificate signedBy(X509Certificate issuer, PrivateKey with) throws GeneralSecurityException {
        return signed(issuer.getSubjectX500Principal().getEncoded(), authority(issuer), with);
    }

    /** Under the name of the other one's issuer, whom this one is not from: who verifies it does not trust it. */
    X509Certificate signedByNobody(PrivateKey with) throws GeneralSecurityException {
        return signed(like.getIssuerX500Principal().getEncoded(), new byte[0], with);
    }

    private X509Certificate signed(byte[] issuer, byte[] authority, PrivateKey with) throws GeneralSecurityException {
        SigningAlgorithm algorithm = SigningAlgorithm.of(with);
        byte[] content = Der.sequence(
                Der.tagged(0, true, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1)),
                algorithm.identifier(),
                issuer,
                Der.sequence(Der.time(from), Der.time(until)),
                like.getSubjectX500Principal().getEncoded(),
                key.getEncoded(),
                Der.tagged(3, true, Der.sequence(extensions(authority))));
        Signature signature = Signature.getInstance(algorithm.jdkName());
        signature.initSign(with, RANDOM);
        signature.update(content);
        byte[] der = Der.sequence(content, algorithm.identifier(), Der.bits(0, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private byte[][] extensions(byte[] authority) {
        List<byte[]> all = new ArrayList<>(List.of(NO_AUTHORITY, FOR_SIGNATURES, FOR_SERVERS, authority));
        byte[] names = like.getExtensionValue(ALTERNATIVE_NAMES);
        if (names != null) {
            Set<String> critical = like.getCriticalExtensionOIDs();
            all.add(extension(ALTERNATIVE_NAMES, critical.contains(ALTERNATIVE_NAMES), names));
        }
        return all.toArray(byte[][]::new);
    }

    /** Which of the issuer's keys it is signed with; nothing where the issuer does not say. */
    private static byte[] authority(X509Certificate issuer) {
        byte[] wrapped = issuer.getExtensionValue(KEY_IDENTIFIER);
        // an OCTET STRING within another, both of less than 128 octets: a hash
        if (wrapped == null || wrapped.length < 4 || wrapped[1] < 0 || wrapped[3] < 0) {
            return new byte[0];
        }
        byte[] identifier = Arrays.copyOfRange(wrapped, 4, wrapped.length);
        return extension(AUTHORITY_KEY_IDENTIFIER, false, Der.octets(Der.sequence(Der.tagged(0, false, identifier))));
    }

    /** @param value its value within an OCTET STRING */
    private static byte[] extension(String oid, boolean critical, byte[] value) {
        return Der.sequence(Der.oid(oid), critical ? TRUE : new byte[0], value);
    }
}
