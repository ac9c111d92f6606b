package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/**
 * A key as the DNS has it (RFC 6376 §3.6.1).
 *
 * @param strict whether it is for addresses of its own domain alone, not of one below that
 * @param testing whether its domain only tests signing
 */
record KeyRecord(PublicKey key, boolean strict, boolean testing) {

    /**
     * Reads a record for a signature of this kind.
     *
     * @param text one char for each octet
     * @throws InvalidSignatureException where it is not for it, or no key
     */
    static KeyRecord parse(String text, Algorithm algorithm) throws InvalidSignatureException {
        TagList tags = tags(text);
        require(isForUs(tags), "no key record");
        require(tags.compact("k").orElse(Algorithm.RSA.keyType()).equals(algorithm.keyType()), "key of another kind");
        require(tags.compact("h").map(h -> has(h, "sha256")).orElse(true), "key is not for sha256");
        require(tags.compact("s").map(s -> has(s, "*") || has(s, "email")).orElse(true), "key is not for mail");
        List<String> flags = list(tags.compact("t").orElse(""));
        return new KeyRecord(key(tags, algorithm), flags.contains("s"), flags.contains("y"));
    }

    private static TagList tags(String text) throws InvalidSignatureException {
        try {
            return TagList.parse(text);
        } catch (TagList.SyntaxException e) {
            throw new InvalidSignatureException(Code.PERMERROR, "invalid key record: " + e.getMessage());
        }
    }

    /** Where there is a version, it is the first tag. */
    private static boolean isForUs(TagList tags) {
        return tags.value("v")
                .map(v -> v.equals("DKIM1") && tags.first().equals("v"))
                .orElse(true);
    }

    private static PublicKey key(TagList tags, Algorithm algorithm) throws InvalidSignatureException {
        require(tags.value("p").isPresent(), "no key record");
        String encoded = tags.compact("p").orElseThrow();
        require(!encoded.isEmpty(), "key is revoked");
        try {
            return PublicKeys.parse(algorithm, Base64.getDecoder().decode(encoded));
        } catch (IllegalArgumentException e) {
            String reason =
                    e.getMessage() != null && e.getMessage().startsWith("key ") ? e.getMessage() : "key is damaged";
            throw new InvalidSignatureException(Code.PERMERROR, reason);
        }
    }

    private static boolean has(String colonSeparated, String item) {
        return list(colonSeparated).contains(item);
    }

    private static List<String> list(String colonSeparated) {
        return Stream.of(colonSeparated.split(":")).toList();
    }

    private static void require(boolean holds, String otherwise) throws InvalidSignatureException {
        if (!holds) {
            throw new InvalidSignatureException(Code.PERMERROR, otherwise);
        }
    }
}
