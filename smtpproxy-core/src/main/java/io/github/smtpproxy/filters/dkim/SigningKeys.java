package io.github.smtpproxy.filters.dkim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Keys that sign together, or one after the other for different senders. */
final class SigningKeys {

    private static final int MOST = 4;

    private SigningKeys() {}

    /** Those of each domain; one key at least. */
    static Map<String, List<DkimKey>> byDomain(DkimKey... keys) {
        Map<String, List<DkimKey>> domains = copy(keys).stream()
                .collect(Collectors.groupingBy(DkimKey::domain, LinkedHashMap::new, Collectors.toList()));
        domains.replaceAll((domain, own) -> together(own));
        return domains;
    }

    static List<DkimKey> copy(DkimKey... keys) {
        Objects.requireNonNull(keys, "keys");
        if (keys.length == 0) {
            throw new IllegalArgumentException("keys must be at least 1, was 0");
        }
        for (DkimKey key : keys) {
            Objects.requireNonNull(key, "key");
        }
        return Arrays.asList(keys.clone());
    }

    /**
     * These as they sign one message: RSA, which each verifier knows, before Ed25519 (RFC 8463 §6).
     *
     * @throws IllegalArgumentException where there is none of RSA, or there are too many, or two with one name
     */
    static List<DkimKey> together(Collection<DkimKey> keys) {
        List<DkimKey> ordered = new ArrayList<>(keys);
        ordered.sort((a, b) -> a.current().algorithm().compareTo(b.current().algorithm()));
        if (!ordered.isEmpty() && ordered.get(0).current().algorithm() != Algorithm.RSA) {
            throw new IllegalArgumentException(ordered.get(0)
                    + " is an Ed25519 key, which not all verifiers know: there must be an RSA key beside it");
        }
        if (ordered.size() > MOST) {
            throw new IllegalArgumentException(
                    "keys that sign one message must be at most " + MOST + ", was " + ordered.size());
        }
        Set<String> names = new HashSet<>();
        for (DkimKey key : ordered) {
            if (!names.add(key.recordName())) {
                throw new IllegalArgumentException(key + " is there twice");
            }
        }
        return List.copyOf(ordered);
    }
}
