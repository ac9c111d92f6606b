package io.github.smtpproxy.protocol;

import java.util.Locale;
import java.util.Objects;

/**
 * The address of a mailbox: local part and domain (RFC 5321 §4.1.2). The local part is a dot-string, in which dots may
 * stand anywhere as they do in the field, or one quoted string; the domain is made of labels of letters, digits, hyphens
 * and underscores, or is an address literal; both may be UTF-8 (RFC 6531 §3.3). Nothing else is a mailbox, though servers
 * make one of it, each in its own way: comments, a quoted domain, a dot at the end. The raw octets are kept, so that an
 * address is relayed as it was received; {@link #local()} and {@link #domain()} are readable text. Immutable; two mailboxes
 * are equal if their octets are.
 */
public final class Mailbox {

    private final String octets;
    private final int at;

    private Mailbox(String octets, int at) {
        this.octets = octets;
        this.at = at;
    }

    /**
     * A mailbox from readable text, such as {@code bob@example.org}; a local part alone is allowed (RFC 5321's
     * {@code Postmaster}).
     *
     * @throws IllegalArgumentException if the text is no address
     */
    public static Mailbox of(String address) {
        Objects.requireNonNull(address, "address");
        return parse(Octets.encode(address));
    }

    /**
     * A mailbox as it stands between the angle brackets of a path.
     *
     * @param octets one char for each octet
     * @throws IllegalArgumentException if they are no address
     */
    public static Mailbox parse(String octets) {
        Objects.requireNonNull(octets, "octets");
        if (octets.isEmpty()) {
            throw new IllegalArgumentException("an empty path is no mailbox");
        }
        int end = LocalPart.end(octets);
        if (end == octets.length()) {
            return new Mailbox(octets, -1);
        }
        if (octets.charAt(end) != '@' || !Domain.isOne(octets.substring(end + 1))) {
            throw AmbiguousSyntaxException.inAddress("not the address of a mailbox");
        }
        return new Mailbox(octets, end);
    }

    /** Whether it is the postmaster of its domain, in upper or lower case, who must get his mail (RFC 5321 §4.5.1). */
    public boolean isPostmaster() {
        return local().equalsIgnoreCase("postmaster");
    }

    /** The part before the last {@code @}, as it was written: quotes stay. */
    public String local() {
        return Octets.decode(at < 0 ? octets : octets.substring(0, at));
    }

    /** The part after the last {@code @} in lower case; empty for a local part alone. */
    public String domain() {
        return at < 0 ? "" : Octets.decode(octets.substring(at + 1)).toLowerCase(Locale.ROOT);
    }

    /**
     * Whether its domain is the given one, without regard to case, and to whether labels beyond ASCII are written as such
     * or as A-labels ({@code xn--…}).
     *
     * @param domain readable text
     */
    public boolean isAt(String domain) {
        Objects.requireNonNull(domain, "domain");
        return asciiDomain().equals(Domain.comparable(domain));
    }

    /** The domain as {@link #isAt} compares it: in ASCII and lower case; empty for a local part alone. */
    public String asciiDomain() {
        return Domain.comparable(domain());
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
}
