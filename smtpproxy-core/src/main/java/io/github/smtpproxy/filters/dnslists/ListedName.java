package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.IpLiteral;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Optional;

/**
 * What is looked up in a list, and how it is called in a reply.
 *
 * @param prefix the labels before the zone
 * @param kind client, sender or HELO
 * @param shown the address or the domain
 */
record ListedName(String prefix, String kind, String shown) {

    /** RFC 5782 §2.1 and §2.4: the octets or nibbles of an address, the last one first. */
    static String reversed(InetAddress address) {
        byte[] octets = address.getAddress();
        StringBuilder labels = new StringBuilder();
        for (int i = octets.length - 1; i >= 0; i--) {
            int octet = octets[i] & 0xFF;
            if (address instanceof Inet4Address) {
                labels.append(octet).append('.');
            } else {
                labels.append(Integer.toHexString(octet & 0xF)).append('.');
                labels.append(Integer.toHexString(octet >> 4)).append('.');
            }
        }
        return labels.toString();
    }

    static ListedName client(InetAddress address) {
        return new ListedName(
                reversed(address), "client", "[" + address.getHostAddress().replaceAll("%.*", "") + "]");
    }

    /** Empty for an address literal, and for a name that cannot be one in the DNS. */
    static Optional<ListedName> domain(String kind, String domain) {
        if (domain.startsWith("[") || IpLiteral.parse(domain).isPresent() || !HostName.isValid(domain)) {
            return Optional.empty();
        }
        String name = domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain;
        return name.indexOf('.') < 0 ? Optional.empty() : Optional.of(new ListedName(name + ".", kind, name));
    }
}
