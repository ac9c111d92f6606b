package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.IpLiteral;
import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/** Opens connections to destinations, up to where the greeting is to be read. */
final class Connector {

    private final Network network;
    private final Timeouts timeouts;
    private final Wire.Log name;

    Connector(Network network, Timeouts timeouts, Wire.Log name) {
        this.network = network;
        this.timeouts = timeouts;
        this.name = name;
    }

    /**
     * Connects to the first address of the destination that answers. A name is looked up anew each time.
     *
     * @param announcement who the client is; where there is none and a PROXY header is wanted, it names the proxy
     * @param state counts the connection
     */
    Downstream connect(Destination destination, Optional<Announcement> announcement, DestinationState state)
            throws IOException {
        List<InetSocketAddress> addresses = Interleaved.addresses(addresses(destination.host()), destination.port());
        if (addresses.isEmpty()) {
            throw new IOException("no address");
        }
        if (addresses.stream().anyMatch(state::isOurselves)) {
            throw new LoopException();
        }
        Socket socket = network.connectFirst(addresses, timeouts.connect(), begun -> {});
        if (state.isOurselves(socket)) {
            socket.close();
            throw new LoopException();
        }
        byte[] header = announcement
                .map(a -> a.header(destination.announcement()))
                .orElseGet(() -> Announcement.ownHeader(destination.announcement(), socket));
        Wire wire = new Wire(socket, network.watch(socket), name);
        return open(new Downstream(destination, wire, timeouts, name.session(), state), wire, header);
    }

    private InetAddress[] addresses(String host) throws UnknownHostException {
        Optional<InetAddress> literal = IpLiteral.parse(host);
        if (literal.isPresent()) {
            return new InetAddress[] {literal.get()};
        }
        return network.blocking(() -> InetAddress.getAllByName(host));
    }

    private Downstream open(Downstream downstream, Wire wire, byte[] header) throws IOException {
        try {
            wire.queueBytes(header);
            wire.flush(timeouts.dataBlock());
            if (downstream.destination().hasImplicitTls()) {
                downstream.encrypt();
            }
            return downstream;
        } catch (IOException | RuntimeException | Error e) {
            downstream.close();
            throw e;
        }
    }
}
