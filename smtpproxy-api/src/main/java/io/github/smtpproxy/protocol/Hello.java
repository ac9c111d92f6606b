package io.github.smtpproxy.protocol;

import java.util.Objects;

/**
 * The client's EHLO or HELO (RFC 5321 §4.1.1.1).
 *
 * @param extended true for EHLO, false for HELO
 * @param name what the client calls itself: a domain or an address literal, not verified; one char for each octet
 */
public record Hello(boolean extended, String name) {

    /** Checks that the name fits in a command line. */
    public Hello {
        Objects.requireNonNull(name, "name");
        if (!Octets.fitInLine(name)) {
            throw new IllegalArgumentException("name must not contain CR, LF or NUL");
        }
    }

    /** The command line as it goes to the destination, without its line end. */
    public String wireLine() {
        return ((extended ? "EHLO " : "HELO ") + name).stripTrailing();
    }
}
