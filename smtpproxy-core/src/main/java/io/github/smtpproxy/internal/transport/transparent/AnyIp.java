package io.github.smtpproxy.internal.transport.transparent;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.channels.SocketChannel;

/** All addresses are this machine's own, by policy routing: what a plain socket does is enough. */
final class AnyIp implements Interceptor {

    /** Addresses for documentation, which no machine has (RFC 5737, RFC 3849). */
    private static final String NOBODY_IPV4 = "192.0.2.1";

    private static final String NOBODY_IPV6 = "2001:db8::1";

    @Override
    public void probe() {
        bind(NOBODY_IPV4, "'ip route add local 0.0.0.0/1 dev lo table local' and the same of 128.0.0.0/1");
        if (servesIpv6()) {
            bind(NOBODY_IPV6, "'sysctl -w net.ipv6.ip_nonlocal_bind=1'");
        }
    }

    private static void bind(String address, String missing) {
        try (SocketChannel scratch = SocketChannel.open()) {
            scratch.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "Transparent mode by policy routing: cannot use the address of a client, such as " + address
                            + ", as source (" + e.getMessage() + "). The rule is missing: " + missing
                            + ". Not starting: servers would see the proxy's address.",
                    e);
        }
    }

    private static boolean servesIpv6() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .anyMatch(a -> a instanceof Inet6Address && !a.isLoopbackAddress() && !a.isLinkLocalAddress());
        } catch (SocketException unknown) {
            return true;
        }
    }
}
