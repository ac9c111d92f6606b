package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.IpLiteral;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * Stands for the address of a client that nobody knows: it is no client's, nor the peer's that does not know. Named, so that
 * nobody looks its name up.
 */
public final class UnknownAddress {

    private static final InetAddress UNSPECIFIED = unspecified();

    private UnknownAddress() {}

    static InetSocketAddress orElse(Optional<InetAddress> address, Optional<Integer> port) {
        return new InetSocketAddress(address.orElse(UNSPECIFIED), address.isPresent() ? port.orElse(0) : 0);
    }

    /** The address as text, or that it is unknown. */
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
