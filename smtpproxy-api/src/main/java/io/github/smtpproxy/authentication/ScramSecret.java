package io.github.smtpproxy.authentication;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a server keeps instead of a password for SCRAM-SHA-256 (RFC 5802 §3, RFC 7677). Immutable; the arrays are copied on
 * their way in and out. Two are equal if all four values are.
 */
public final class ScramSecret {

    /** The iterations of {@link #of(String)}: about a tenth of a second by the rule of RFC 7677 §4. */
    public static final int ITERATIONS = 15_000;

    /** The length of the salt of {@link #of(String)} in octets. */
    public static final int SALT_LENGTH = 16;

    /** The length of each key in octets: that of SHA-256. */
    public static final int KEY_LENGTH = 32;

    private static final int MIN_ITERATIONS = 4096;
    private static final int MAX_ITERATIONS = 1_000_000;
    private static final int MIN_SALT = 8;
    private static final int MAX_SALT = 1024;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] salt;
    private final int iterations;
    private final byte[] storedKey;
    private final byte[] serverKey;

    private ScramSecret(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) {
        this.salt = salt.clone();
        this.iterations = iterations;
        this.storedKey = storedKey.clone();
        this.serverKey = serverKey.clone();
    }

    /**
     * A secret that was stored before.
     *
     * @param salt 8 to 1,024 octets
     * @param iterations 4,096 to 1,000,000
     * @param storedKey 32 octets
     * @param serverKey 32 octets
     * @throws IllegalArgumentException if one is out of its bounds
     */
    public static ScramSecret of(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) {
        Objects.requireNonNull(salt, "salt");
        Objects.requireNonNull(storedKey, "storedKey");
        Objects.requireNonNull(serverKey, "serverKey");
        within("salt", salt.length, MIN_SALT, MAX_SALT, " octets");
        within("iterations", iterations, MIN_ITERATIONS, MAX_ITERATIONS, "");
        within("storedKey", storedKey.length, KEY_LENGTH, KEY_LENGTH, " octets");
        within("serverKey", serverKey.length, KEY_LENGTH, KEY_LENGTH, " octets");
        return new ScramSecret(salt, iterations, storedKey, serverKey);
    }

    /** The secret of a password, with a fresh salt and {@link #ITERATIONS}. Takes some milliseconds on purpose. */
    public static ScramSecret of(String password) {
        Objects.requireNonNull(password, "password");
        byte[] salt = new byte[SALT_LENGTH];
        RANDOM.nextBytes(salt);
        return of(password, salt, ITERATIONS);
    }

    /**
     * The secret of a password with this salt, 8 to 1,024 octets, and 4,096 to 1,000,000 iterations.
     *
     * @throws IllegalArgumentException if one is out of its bounds, or the password is empty or has a character that
     *     clients may drop or refuse (control, format, unassigned, private use)
     */
    public static ScramSecret of(String password, byte[] salt, int iterations) {
        Objects.requireNonNull(password, "password");
        Objects.requireNonNull(salt, "salt");
        within("salt", salt.length, MIN_SALT, MAX_SALT, " octets");
        within("iterations", iterations, MIN_ITERATIONS, MAX_ITERATIONS, "");
        byte[] salted = salted(prepared(password), salt, iterations);
        byte[] storedKey = sha256(hmac(salted, "Client Key"));
        return new ScramSecret(salt, iterations, storedKey, hmac(salted, "Server Key"));
    }

    /** The salt. */
    public byte[] salt() {
        return salt.clone();
    }

    /** How often the password is hashed. */
    public int iterations() {
        return iterations;
    }

    /** The hash of the key that the client proves to have. */
    public byte[] storedKey() {
        return storedKey.clone();
    }

    /** The key that the server proves to have. */
    public byte[] serverKey() {
        return serverKey.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScramSecret that
                && iterations == that.iterations
                && MessageDigest.isEqual(salt, that.salt)
                && MessageDigest.isEqual(storedKey, that.storedKey)
                && MessageDigest.isEqual(serverKey, that.serverKey);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(salt);
    }

    @Override
    public String toString() {
        return "a SCRAM-SHA-256 secret of " + iterations + " iterations";
    }

    private static void within(String name, int value, int min, int max, String unit) {
        if (value < min || value > max) {
            String bounds = min == max ? "" + min : "between " + min + " and " + max;
            throw new IllegalArgumentException(name + " must be " + bounds + unit + ", was " + value);
        }
    }

    /** SASLprep (RFC 4013) of passwords on which all its versions agree; the others are refused, not guessed at. */
    private static char[] prepared(String password) {
        String normal = Normalizer.normalize(password, Normalizer.Form.NFKC);
        if (normal.isEmpty() || !normal.codePoints().allMatch(ScramSecret::agreed)) {
            throw new IllegalArgumentException("password must not be empty or contain control, format, unassigned or"
                    + " private characters, or those that are mapped to nothing (RFC 3454 table B.1)");
        }
        return normal.toCharArray();
    }

    private static boolean agreed(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> !mapped(codePoint);
        };
    }

    /** RFC 3454 tables B.1 and C.1.2: some libraries map them to nothing or to a space, and newer ones do not. */
    private static boolean mapped(int codePoint) {
        return codePoint == 0x34F
                || codePoint == 0x1680
                || codePoint == 0x1806
                || codePoint >= 0x180B && codePoint <= 0x180D
                || codePoint >= 0xFE00 && codePoint <= 0xFE0F;
    }

    private static byte[] salted(char[] password, byte[] salt, int iterations) {
        PBEKeySpec spec = new PBEKeySpec(password, salt, iterations, KEY_LENGTH * Byte.SIZE);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no PBKDF2WithHmacSHA256", e);
        } finally {
            spec.clearPassword();
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HmacSHA256", e);
        }
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }
}
