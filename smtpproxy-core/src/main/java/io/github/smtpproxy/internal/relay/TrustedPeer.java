package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.wire.AnnouncedClient;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.ProxyHeader;
import io.github.smtpproxy.internal.wire.ProxyHeaderException;
import io.github.smtpproxy.internal.wire.ReceivedAttributes;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a peer announces of the client, if the endpoint trusts its address: the PROXY header, XCLIENT and XFORWARD. */
public final class TrustedPeer {

    private static final Logger log = LoggerFactory.getLogger(TrustedPeer.class);

    private final Endpoint endpoint;
    private final SessionState session;
    private InetAddress peer;
    private ClientAttributes former = ClientAttributes.NONE;
    private Optional<ReceivedAttributes> announced = Optional.empty();
    private Optional<ReceivedAttributes> forwarded = Optional.empty();
    private boolean introduced;

    TrustedPeer(Endpoint endpoint, SessionState session) {
        this.endpoint = endpoint;
        this.session = session;
        this.peer = session.remoteAddress().getAddress();
    }

    /**
     * Reads the PROXY header, if this peer must send one.
     *
     * @param leaving whether the session is to end, so that a connection that is lost is no fault
     * @return whether the session goes on
     */
    boolean readHeader(Wire client, Departure departure, Duration timeout, BooleanSupplier leaving) {
        try {
            if (isIn(endpoint.proxyProtocolFrom())) {
                readHeader(client, departure, timeout);
            }
            return true;
        } catch (IOException e) {
            boolean silent = e instanceof ProxyHeaderException header && header.isMissing();
            if (!silent && !leaving.getAsBoolean()) {
                log.warn("{}: no PROXY header from {}: {}", session.id(), session.remoteAddress(), e.toString());
            }
            return false;
        }
    }

    private void readHeader(Wire client, Departure departure, Duration timeout) throws IOException {
        ProxyHeader header = departure.awaitClient(() -> client.readProxyHeader(timeout));
        if (header instanceof ProxyHeader.Proxied proxied) {
            session.connected(ClientAttributes.of(proxied.source(), proxied.destination()));
            // from here on the client speaks, not the peer that sent the header
            peer = proxied.source().getAddress();
        }
    }

    /** Whether it may use XCLIENT and XFORWARD. */
    public boolean isTrusted() {
        return isIn(endpoint.xclientFrom());
    }

    /** EHLO in the name that was announced for the client. */
    public Hello introduced(Hello hello) {
        introduced = true;
        return announced
                .flatMap(a -> a.get("HELO"))
                .map(name -> new Hello(hello.extended(), name))
                .orElse(hello);
    }

    /**
     * XCLIENT. Attributes that do not fit into one command come in several, one after the other, up to EHLO. An address
     * that follows another is another client's, which shares nothing with the former but where the connection comes from.
     *
     * @param forget forgets the former client
     */
    public void announce(ReceivedAttributes more, Runnable forget) {
        boolean same = !introduced
                && announced
                        .filter(a -> !(a.contains("ADDR") && more.contains("ADDR")))
                        .isPresent();
        if (!same) {
            former = session.connected();
        }
        ReceivedAttributes all = same ? announced.get().merge(more) : more;
        announced = Optional.of(all);
        introduced = false;
        forget.run();
        ClientAttributes client = all.applyTo(former);
        session.connected(client);
        client.login().ifPresent(user -> session.authenticated(Optional.of(user)));
    }

    /** XFORWARD: the client of the next transaction, in one command or several. */
    public void forward(ReceivedAttributes more) {
        ReceivedAttributes all = session.isForwarded() ? forwarded.get().merge(more) : more;
        forwarded = Optional.of(all);
        session.forwarded(Optional.of(AnnouncedClient.forwarded(all, session.connected())));
    }

    private boolean isIn(List<AddressRange> ranges) {
        return !ranges.isEmpty() && ranges.stream().anyMatch(r -> r.contains(peer));
    }
}
