package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.stream.Stream;

/** A proxy that is its own destination would connect to itself without end: it does not start. */
final class OwnDestination {

    private OwnDestination() {}

    /** @throws IllegalStateException if who listens there and connects to this destination would reach itself */
    static void refuse(Endpoint where, Destination destination) {
        if (where.port() == 0 || where.port() != destination.port()) {
            return;
        }
        try {
            if (addresses(destination.host()).anyMatch(there -> serves(where.host(), there))) {
                throw new IllegalStateException("endpoint " + text(where) + " is also its destination " + destination
                        + ": the proxy would connect to itself without end");
            }
        } catch (UnknownHostException later) {
            // it is an error when it is connected to, or listened on
        }
    }

    private static String text(Endpoint where) {
        return where.host()
                .map(host -> host.indexOf(':') < 0 ? host : "[" + host + "]")
                .map(host -> host + ":" + where.port())
                .orElse("port " + where.port() + " of all addresses");
    }

    /** Who connects to no address in particular connects to this machine's. */
    private static Stream<InetAddress> addresses(String host) throws UnknownHostException {
        InetAddress[] all = InetAddress.getAllByName(host);
        return all[0].isAnyLocalAddress()
                ? Stream.of(all[0], InetAddress.getLoopbackAddress(), InetAddress.getLocalHost())
                : Stream.of(all);
    }

    private static boolean serves(Optional<String> host, InetAddress there) {
        try {
            Optional<InetAddress> address =
                    host.isEmpty() ? Optional.empty() : Optional.of(InetAddress.getByName(host.get()));
            if (address.filter(a -> !a.isAnyLocalAddress()).isPresent()) {
                return address.get().equals(there);
            }
            return isOurs(there);
        } catch (UnknownHostException | SocketException unknown) {
            return false;
        }
    }

    private static boolean isOurs(InetAddress there) throws SocketException {
        return there.isAnyLocalAddress()
                || there.isLoopbackAddress()
                || NetworkInterface.getByInetAddress(there) != null;
    }
}
