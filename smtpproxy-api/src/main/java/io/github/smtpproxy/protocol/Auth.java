package io.github.smtpproxy.protocol;

import java.util.Objects;

/**
 * The AUTH command (RFC 4954), without its secrets.
 *
 * @param mechanism the SASL mechanism that the client asks for, in upper case: letters, digits, hyphens and underscores
 */
public record Auth(String mechanism) {

    /** Checks the form of the mechanism. */
    public Auth {
        Objects.requireNonNull(mechanism, "mechanism");
        if (!mechanism.matches("[A-Z0-9_-]+")) {
            throw new IllegalArgumentException("mechanism must be upper-case letters, digits, hyphens and underscores");
        }
    }
}
