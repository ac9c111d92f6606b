package io.github.smtpproxy.internal.sasl;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The formulas of RFC 5802 §3 for a test's end of an exchange, made of the JDK alone: neither end under test computes for
 * the other. For ASCII passwords.
 */
final class ScramPeer {

    private final String gs2Header;
    private final String bare;
    private final String password;
    private byte[] salted = {};
    private String authMessage = "";

    ScramPeer(String gs2Header, String bare, String password) {
        this.gs2Header = gs2Header;
        this.bare = bare;
        this.password = password;
    }

    byte[] first() {
        return utf8(gs2Header + bare);
    }

    byte[] proof(String serverFirst) {
        return proof(serverFirst, UnaryOperator.identity(), UnaryOperator.identity());
    }

    /** With the part before the proof changed before it is proved, and the proof changed after. */
    byte[] proof(String serverFirst, UnaryOperator<String> withoutProof, UnaryOperator<String> changed) {
        String bareFinal = read(serverFirst, withoutProof);
        byte[] clientKey = hmac(salted, "Client Key");
        byte[] proof = xor(clientKey, hmac(sha256(clientKey), authMessage));
        return utf8(bareFinal + ",p=" + changed.apply(base64(proof)));
    }

    /** By one who has only the stored key. */
    byte[] proofBy(String serverFirst, byte[] storedKey) {
        String bareFinal = read(serverFirst, UnaryOperator.identity());
        return utf8(bareFinal + ",p=" + base64(xor(storedKey, hmac(storedKey, authMessage))));
    }

    String serverSignature() {
        return base64(hmac(hmac(salted, "Server Key"), authMessage));
    }

    private String read(String serverFirst, UnaryOperator<String> withoutProof) {
        String[] parts = serverFirst.split(",");
        salted = salted(Base64.getDecoder().decode(parts[1].substring(2)), Integer.parseInt(parts[2].substring(2)));
        String bareFinal = withoutProof.apply("c=" + base64(utf8(gs2Header)) + "," + parts[0]);
        authMessage = bare + "," + serverFirst + "," + bareFinal;
        return bareFinal;
    }

    private byte[] salted(byte[] salt, int iterations) {
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(utf8(text));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] xor(byte[] a, byte[] b) {
        byte[] result = a.clone();
        for (int i = 0; i < b.length; i++) {
            result[i] ^= b[i];
        }
        return result;
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
