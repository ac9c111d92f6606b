package io.github.smtpproxy.internal.downstream;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;

/** Where this proxy listens: a connection that leads there would go on without end (RFC 5321 §6.3). Any thread. */
final class OwnAddresses {

    private volatile List<InetSocketAddress> all = List.of();

    void are(List<InetSocketAddress> addresses) {
        all = List.copyOf(addresses);
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
