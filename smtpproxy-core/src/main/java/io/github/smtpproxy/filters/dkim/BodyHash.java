package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.message.Content;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;

/** The hash of a body in one of its canonical forms. Several are computed in one pass. Used by one thread. */
final class BodyHash {

    private static final int BLOCK = 32 * 1024;

    private final BodyDigest digest;
    private final CanonicalBody body;
    private byte[] hash = new byte[0];

    /** @param limit octets that count */
    BodyHash(Canonicalization canonicalization, long limit) {
        this.digest = new BodyDigest(limit);
        this.body = new CanonicalBody(canonicalization, digest);
    }

    /** The hash of a whole body as this proxy signs it. */
    static BodyHash relaxed(Content content) {
        BodyHash hash = new BodyHash(Canonicalization.RELAXED, Long.MAX_VALUE);
        compute(List.of(hash), content);
        return hash;
    }

    /** Reads a body once, for all of them; not at all where there are none. */
    static void compute(Collection<BodyHash> hashes, Content content) {
        if (hashes.isEmpty()) {
            return;
        }
        byte[] block = new byte[BLOCK];
        try (InputStream in = content.open()) {
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                int read = n;
                hashes.forEach(h -> h.body.update(block, 0, read));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        hashes.forEach(BodyHash::finish);
    }

    private void finish() {
        body.finish();
        hash = digest.finish();
    }

    /** The hash, once it is computed. */
    byte[] hash() {
        return hash.clone();
    }

    /** Octets of the whole canonical body. */
    long octets() {
        return digest.octets();
    }

    /** See {@link CanonicalBody#isBare}. */
    boolean isBare() {
        return body.isBare();
    }
}
