package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.IpLiteral;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * The unspecified address, in the place of a client's address that a trusted peer declared unknown. The peer's own address
 * must not take that place: a destination may trust it. It has a host name, so nothing looks one up in the DNS.
 */
public final class UnknownAddress {

    private static final InetAddress UNSPECIFIED = unspecified();

    private UnknownAddress() {}

    /** The socket address, or the unspecified one with port 0 if there is no address. */
    static InetSocketAddress orElse(Optional<InetAddress> address, Optional<Integer> port) {
        return new InetSocketAddress(address.orElse(UNSPECIFIED), address.isPresent() ? port.orElse(0) : 0);
    }

    /** The address as text, or {@code unknown}. */
    public static String text(InetAddress address) {
        return address.isAnyLocalAddress() ? "unknown" : IpLiteral.text(address);
    }

    private static InetAddress unspecified() {
        try {
            return InetAddress.getByAddress("unknown", new byte[4]);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
