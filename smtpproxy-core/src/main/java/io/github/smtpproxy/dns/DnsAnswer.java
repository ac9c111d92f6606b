package io.github.smtpproxy.dns;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What the DNS answered. Immutable.
 *
 * @param status whether it answered
 * @param values addresses as text, texts with one char for each octet, MX records as in {@link Resolver#mailExchangers}, or
 *     names as in {@link Resolver#pointers}; empty unless found
 * @param lifetime how long it may be used
 * @param nameMissing whether there is no such name at all (NXDOMAIN), nor any below it (RFC 8020)
 */
public record DnsAnswer(Status status, List<String> values, Duration lifetime, boolean nameMissing) {

    /** Whether the DNS answered. */
    public enum Status {
        /** There are such records. */
        FOUND,
        /** There are none: the name does not exist, or has no such records. */
        NONE,
        /** Nobody knows: no answer, or an error of the server. */
        FAILED
    }

    /** Keeps a copy of the list. */
    public DnsAnswer {
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(lifetime, "lifetime");
        values = List.copyOf(Objects.requireNonNull(values, "values"));
    }

    /** Whether there are such records. */
    public boolean isFound() {
        return status == Status.FOUND;
    }
}
