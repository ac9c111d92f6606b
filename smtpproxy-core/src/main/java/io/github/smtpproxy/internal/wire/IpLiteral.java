package io.github.smtpproxy.internal.wire;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** An IP address as text: literals only, in strict spelling; never a name, so that no peer can make us ask DNS. */
public final class IpLiteral {

    private static final Pattern IPV6 = Pattern.compile("(?=.*:.*:)[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){1,8}");
    private static final int LONGEST = 45;

    private IpLiteral() {}

    /** Either family; an IPv4-mapped IPv6 address is its IPv4 address. */
    public static Optional<InetAddress> parse(String text) {
        return text.indexOf(':') >= 0 ? ipv6(text) : ipv4(text);
    }

    /** Four decimal numbers without leading zeros. */
    public static Optional<InetAddress> ipv4(String text) {
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

    /** RFC 4291 §2.2, without a zone. */
    public static Optional<InetAddress> ipv6(String text) {
        if (text.length() > LONGEST || !wellSpelt(text)) {
            return Optional.empty();
        }
        try {
            // In brackets the JDK takes it for an IPv6 literal or fails: there is no lookup.
            return Optional.of(InetAddress.getByName("[" + text + "]"));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** The text of an address, without a zone. */
    public static String text(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    static InetAddress of(byte[] octets) {
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address has 4 or 16 octets, not " + octets.length, e);
        }
    }

    /** @return below 0 if it is none */
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
