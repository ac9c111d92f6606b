package io.github.smtpproxy.internal.downstream;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;

/** Where this proxy listens: a connection that leads there would go on without end (RFC 5321 §6.3). Any thread. */
final class OwnAddresses {

    private volatile List<InetSocketAddress> all = List.of();

    void are(List<InetSocketAddress> addresses) {
        all = List.copyOf(addresses);
    }

    /** Whether this address is one of them. */
    boolean include(InetSocketAddress address) {
        return all.stream()
                .filter(own -> own.getPort() == address.getPort())
                .anyMatch(own -> own.getAddress().isAnyLocalAddress()
                        ? isOfThisMachine(address.getAddress())
                        : own.getAddress().equals(address.getAddress()));
    }

    private static boolean isOfThisMachine(InetAddress address) {
        try {
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException unknown) {
            return false;
        }
    }

    /** Whether this connection leads to one of them. */
    boolean include(Socket connected) {
        InetAddress there = connected.getInetAddress();
        return all.stream()
                .filter(own -> own.getPort() == connected.getPort())
                .anyMatch(own -> own.getAddress().isAnyLocalAddress()
                        ? there.isLoopbackAddress() || there.equals(connected.getLocalAddress())
                        : there.equals(own.getAddress()));
    }
}
