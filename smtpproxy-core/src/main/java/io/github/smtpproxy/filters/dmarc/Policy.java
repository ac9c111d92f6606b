package io.github.smtpproxy.filters.dmarc;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What the owner of a domain asks for mail that fails (RFC 9989 §4.7), the mildest first. */
public enum Policy {
    /** Nothing. */
    NONE,
    /** It is suspicious. */
    QUARANTINE,
    /** It is to be refused. */
    REJECT;

    static Optional<Policy> parse(String text) {
        return Arrays.stream(values())
                .filter(p -> p.toString().equals(text.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** One level lower, where the owner tests (the tag t). */
    Policy lowered() {
        return this == REJECT ? QUARANTINE : NONE;
    }

    /** As records and Authentication-Results fields have it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
