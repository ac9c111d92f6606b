package io.github.smtpproxy.filters.dmarc;

import java.util.Locale;
import java.util.Objects;

/**
 * A domain that SPF or DKIM has authenticated, or may have: where they could not come to a result, it is pending.
 * Immutable.
 *
 * @param mechanism who did
 * @param domain in ASCII; lower case is made of it, and a dot at its end is dropped
 * @param pending whether nobody knows, since the DNS did not answer
 */
public record Identifier(Mechanism mechanism, String domain, boolean pending) {

    /** What authenticates. */
    public enum Mechanism {
        /** RFC 7208: the domain of MAIL, or of EHLO with the null reverse-path. */
        SPF,
        /** RFC 6376: the domain of a signature. */
        DKIM
    }

    /** Checks that all is there. */
    public Identifier {
        Objects.requireNonNull(mechanism, "mechanism");
        Objects.requireNonNull(domain, "domain");
        String lower = domain.toLowerCase(Locale.ROOT);
        domain = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** One that SPF passed. */
    public static Identifier spf(String domain) {
        return new Identifier(Mechanism.SPF, domain, false);
    }

    /** One whose signature is good. */
    public static Identifier dkim(String domain) {
        return new Identifier(Mechanism.DKIM, domain, false);
    }

    /** This, which nobody knows. */
    public Identifier unknown() {
        return new Identifier(mechanism, domain, true);
    }
}
