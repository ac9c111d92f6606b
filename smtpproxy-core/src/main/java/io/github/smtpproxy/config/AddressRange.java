package io.github.smtpproxy.config;

import io.github.smtpproxy.protocol.IpLiteral;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A range of IP addresses: {@code 10.0.0.0/8}, {@code ::1/128}, or one address. IPv4-mapped IPv6 is IPv4. Names are not
 * taken, and nothing is looked up. Immutable.
 */
public final class AddressRange {

    // Own code: the libraries that do this take names, masks and wildcards too, or weigh more than this whole module.

    private static final int MAPPED_BITS = 96;

    private final InetAddress first;
    private final int prefix;

    private AddressRange(InetAddress first, int prefix) {
        this.first = first;
        this.prefix = prefix;
    }

    /**
     * Reads an address, or an address, {@code /} and the number of its leading bits that count. The others must be zero.
     *
     * @throws IllegalArgumentException where it is no such range
     */
    public static AddressRange parse(String range) {
        Objects.requireNonNull(range, "address range");
        int slash = range.indexOf('/');
        String literal = slash < 0 ? range : range.substring(0, slash);
        InetAddress first = IpLiteral.parse(literal)
                .orElseThrow(() -> bad(range, "must be an IPv4 or IPv6 address, alone or with a prefix length"));
        int bits = first.getAddress().length * 8;
        boolean mapped = bits == 32 && literal.indexOf(':') >= 0;
        int prefix = slash < 0 ? bits : prefix(range, range.substring(slash + 1), mapped);
        AddressRange parsed = new AddressRange(first, prefix);
        if (!Arrays.equals(first.getAddress(), parsed.masked(first.getAddress()))) {
            throw bad(range, "must have no bits set behind its prefix of " + prefix);
        }
        return parsed;
    }

    /**
     * The range of this size that the address is in.
     *
     * @param prefix how many leading bits count: 0 to 32 for IPv4, to 128 for IPv6
     */
    public static AddressRange around(InetAddress address, int prefix) {
        Objects.requireNonNull(address, "address");
        int bits = address.getAddress().length * 8;
        if (prefix < 0 || prefix > bits) {
            throw new IllegalArgumentException("prefix must be between 0 and " + bits + ", was " + prefix);
        }
        byte[] first = new AddressRange(address, prefix).masked(address.getAddress());
        return new AddressRange(IpLiteral.of(first), prefix);
    }

    private static int prefix(String range, String digits, boolean mapped) {
        int lowest = mapped ? MAPPED_BITS : 0;
        int highest = range.indexOf(':') >= 0 ? 128 : 32;
        if (!digits.matches("0|[1-9]\\d{0,2}")
                || Integer.parseInt(digits) < lowest
                || Integer.parseInt(digits) > highest) {
            throw bad(range, "must have a prefix length between " + lowest + " and " + highest);
        }
        return Integer.parseInt(digits) - lowest;
    }

    private static IllegalArgumentException bad(String range, String flaw) {
        return new IllegalArgumentException("address range '" + range + "' " + flaw);
    }

    /**
     * Whether the address is one of the range. The unspecified address ({@code 0.0.0.0}, {@code ::}) is in none: it stands
     * for a client that nobody knows, who is never to be trusted.
     */
    public boolean contains(InetAddress address) {
        Objects.requireNonNull(address, "address");
        return !address.isAnyLocalAddress() && Arrays.equals(first.getAddress(), masked(address.getAddress()));
    }

    private byte[] masked(byte[] address) {
        byte[] masked = address.clone();
        for (int i = 0; i < masked.length; i++) {
            int kept = Math.max(0, Math.min(8, prefix - 8 * i));
            masked[i] &= (byte) (0xff << 8 - kept);
        }
        return masked;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AddressRange range && prefix == range.prefix && first.equals(range.first);
    }

    @Override
    public int hashCode() {
        return 31 * first.hashCode() + prefix;
    }

    /** As {@link #parse} takes it, with the prefix length. */
    @Override
    public String toString() {
        return IpLiteral.text(first) + '/' + prefix;
    }

    /** These of a setting, none of which is null. */
    static List<AddressRange> all(String setting, AddressRange... ranges) {
        Objects.requireNonNull(ranges, setting);
        for (AddressRange range : ranges) {
            Objects.requireNonNull(range, setting);
        }
        return List.of(ranges);
    }
}
