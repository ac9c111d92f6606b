package io.github.smtpproxy.filters.dkim;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 of a canonical body, or of its first octets. Used by one thread. */
final class BodyDigest {

    /** Longer pieces go to the digest as they are; shorter ones are gathered, since each call has a price. */
    private static final int LONG = 256;

    private final MessageDigest digest = sha256();
    private final byte[] gathered = new byte[4 * LONG];
    private final long limit;
    private int held;
    private long octets;

    /** @param limit octets that count */
    BodyDigest(long limit) {
        this.limit = limit;
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    void update(byte[] in, int from, int to) {
        int n = (int) Math.min(to - from, Math.max(0, limit - octets));
        octets += to - from;
        if (n > LONG || n > gathered.length - held) {
            digest.update(gathered, 0, held);
            held = 0;
        }
        if (n > LONG) {
            digest.update(in, from, n);
        } else {
            System.arraycopy(in, from, gathered, held, n);
            held += n;
        }
    }

    /** Octets so far, counted or not. */
    long octets() {
        return octets;
    }

    /** The hash; to be called once. */
    byte[] finish() {
        digest.update(gathered, 0, held);
        return digest.digest();
    }
}
