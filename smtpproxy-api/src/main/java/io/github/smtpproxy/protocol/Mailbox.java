package io.github.smtpproxy.protocol;

import java.util.Locale;

/**
 * The address of a mailbox: local part and domain (RFC 5321 §4.1.2). The raw octets are kept, so that an address is
 * relayed as it was received; {@link #local()} and {@link #domain()} are readable text. Immutable; two mailboxes are
 * equal if their octets are.
 */
public final class Mailbox {

    private final String octets;
    private final int at;

    private Mailbox(String octets) {
        this.octets = octets;
        this.at = lastAt(octets);
    }

    /**
     * A mailbox from readable text, such as {@code bob@example.org}; a local part alone is allowed (RFC 5321's
     * {@code Postmaster}).
     *
     * @throws IllegalArgumentException if the text is no address
     */
    public static Mailbox of(String address) {
        return parse(Octets.encode(address));
    }

    /**
     * A mailbox as it stands between the angle brackets of a path.
     *
     * @param octets one char for each octet
     * @throws IllegalArgumentException if they are no address
     */
    public static Mailbox parse(String octets) {
        int end = PathSyntax.addressEnd(octets, 0);
        if (octets.isEmpty() || end != octets.length()) {
            throw new IllegalArgumentException("not the address of a mailbox");
        }
        return new Mailbox(octets);
    }

    /** The part before the last {@code @}, as it was written: quotes stay. */
    public String local() {
        return Octets.decode(at < 0 ? octets : octets.substring(0, at));
    }

    /** The part after the last {@code @} in lower case; empty for a local part alone. */
    public String domain() {
        return at < 0 ? "" : Octets.decode(octets.substring(at + 1)).toLowerCase(Locale.ROOT);
    }

    /** The raw octets, one char for each. */
    public String octets() {
        return octets;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Mailbox mailbox && mailbox.octets.equals(octets);
    }

    @Override
    public int hashCode() {
        return octets.hashCode();
    }

    /** The address as readable text. */
    @Override
    public String toString() {
        return Octets.decode(octets);
    }

    private static int lastAt(String octets) {
        return octets.lastIndexOf('@');
    }
}
