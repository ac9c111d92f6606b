package io.github.smtpproxy.internal.downstream;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/** Whose an address is: of IPv6, a client commonly has a whole /64 (RFC 6177 §2). */
final class AddressBlock {

    private static final int OCTETS = 8;

    private AddressBlock() {}

    /** Equal for the addresses of one client. */
    static Object of(InetAddress address) {
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), OCTETS))
                : address;
    }
}
