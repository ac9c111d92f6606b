package io.github.smtpproxy.protocol;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An IP address as text. Only literals in strict spelling are read, never a host name, so nothing that a peer sends causes
 * a DNS lookup. A literal has no brackets and no {@code IPv6:} tag.
 */
public final class IpLiteral {

    private static final Pattern IPV6 = Pattern.compile("(?=.*:.*:)[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){1,8}");
    private static final int LONGEST = 45;

    private IpLiteral() {}

    /** Reads an address of either family; empty if the text is none. An IPv4-mapped IPv6 address becomes its IPv4 address. */
    public static Optional<InetAddress> parse(String text) {
        Objects.requireNonNull(text, "text");
        return text.indexOf(':') >= 0 ? ipv6(text) : ipv4(text);
    }

    /** Reads four decimal numbers without leading zeros; empty if the text is none. */
    public static Optional<InetAddress> ipv4(String text) {
        Objects.requireNonNull(text, "text");
        byte[] octets = new byte[4];
        int from = 0;
        for (int i = 0; i < 4; i++) {
            int to = i < 3 ? text.indexOf('.', from) : text.length();
            int octet = octet(text, from, to);
            if (octet < 0) {
                return Optional.empty();
            }
            octets[i] = (byte) octet;
            from = to + 1;
        }
        return Optional.of(of(octets));
    }

    /** Reads the forms of RFC 4291 §2.2, without a zone; empty if the text is none. */
    public static Optional<InetAddress> ipv6(String text) {
        Objects.requireNonNull(text, "text");
        if (text.length() > LONGEST || !wellSpelt(text)) {
            return Optional.empty();
        }
        try {
            // The JDK reads text in brackets as an IPv6 literal or fails; it does not look it up.
            return Optional.of(InetAddress.getByName("[" + text + "]"));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** The text of an address, without a zone. */
    public static String text(InetAddress address) {
        Objects.requireNonNull(address, "address");
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    /**
     * The address of 4 or 16 octets in network order.
     *
     * @throws IllegalArgumentException if there is another number of octets
     */
    public static InetAddress of(byte[] octets) {
        Objects.requireNonNull(octets, "octets");
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("address must have 4 or 16 octets, had " + octets.length, e);
        }
    }

    /** The number between the two indexes; -1 if there is none from 0 to 255. */
    private static int octet(String text, int from, int to) {
        int digits = to - from;
        if (digits < 1 || digits > 3 || digits > 1 && text.charAt(from) == '0') {
            return -1;
        }
        int value = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = 10 * value + c - '0';
        }
        return value <= 255 ? value : -1;
    }

    private static boolean wellSpelt(String text) {
        int lastColon = text.lastIndexOf(':');
        String tail = text.substring(lastColon + 1);
        if (tail.indexOf('.') < 0) {
            return IPV6.matcher(text).matches();
        }
        return ipv4(tail).isPresent()
                && IPV6.matcher(text.substring(0, lastColon + 1) + "0").matches();
    }
}
