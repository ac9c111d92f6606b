package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.message.Content;
import java.util.LinkedHashMap;
import java.util.Map;

/** The hashes of one body that the signatures of a message want, each once. */
final class BodyHashes {

    private final Map<Kind, BodyHash> wanted = new LinkedHashMap<>();

    private record Kind(Canonicalization canonicalization, long limit) {}

    /** The hash of the body, or of its first octets, once it has been {@linkplain #compute computed}. */
    BodyHash want(Canonicalization canonicalization, long limit) {
        return wanted.computeIfAbsent(
                new Kind(canonicalization, limit), k -> new BodyHash(k.canonicalization, k.limit));
    }

    /** Whether no hash is wanted. */
    boolean isEmpty() {
        return wanted.isEmpty();
    }

    /** Reads the body, if any hash of it is wanted. */
    void compute(Content content) {
        BodyHash.compute(wanted.values(), content);
    }
}
