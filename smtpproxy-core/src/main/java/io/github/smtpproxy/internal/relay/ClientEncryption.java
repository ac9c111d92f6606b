package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.ClientTls;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.wire.EmptyConnectionException;
import io.github.smtpproxy.internal.wire.TlsLayer;
import io.github.smtpproxy.internal.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;

/** TLS with the client: from the first octet, or after STARTTLS, which ends at the proxy (RFC 3207). */
public final class ClientEncryption {

    private final Optional<ClientTls> tls;
    private final Optional<Unseen> unseen;
    private final Duration timeout;
    private final Listeners listeners;
    private final Wire client;
    private final SessionState session;
    private final Departure departure;
    private long began;

    ClientEncryption(Relay relay, Wire client, SessionState session, Departure departure) {
        this.tls = relay.endpoint().tls();
        this.unseen = relay.endpoint().unseen();
        Timeouts timeouts = relay.timeouts();
        this.timeout = Collections.min(List.of(timeouts.tlsHandshake(), timeouts.clientCommand()));
        this.listeners = relay.listeners();
        this.client = client;
        this.session = session;
        this.departure = departure;
    }

    /** Whether EHLO offers STARTTLS to this client now. */
    public boolean isOffered() {
        return tls.filter(t -> !t.isImplicit()).isPresent() && session.tls().isEmpty();
    }

    /** What becomes of the destination's STARTTLS, where it is relayed; empty where it is not, or no more. */
    public Optional<Unseen> relayed() {
        return unseen.filter(
                u -> u.startTls() != Unseen.StartTls.HIDDEN && session.tls().isEmpty());
    }

    /** Whether the client must send STARTTLS first. */
    public boolean isMissing() {
        return tls.filter(ClientTls::isRequired).isPresent() && isOffered();
    }

    /** The handshake before the greeting, where the endpoint has implicit TLS. */
    void begin() throws IOException {
        if (tls.filter(ClientTls::isImplicit).isPresent()) {
            handshake(layer(), true);
        }
    }

    /** The handshake after 220. What the client sent in plaintext behind STARTTLS is discarded. */
    public void upgrade() throws IOException {
        handshake(layer(), false);
    }

    /** The client's first message after 220, for the server name that it asks for; it stays unread. */
    public Optional<byte[]> awaitServerName() throws IOException {
        try {
            return departure.awaitClient(() -> client.awaitServerName(timeout));
        } catch (IOException e) {
            throw (IOException) new SSLHandshakeException(e.getMessage()).initCause(e);
        }
    }

    /** The handshake that began with that message, with a certificate for this client. */
    public void upgrade(SSLContext context) throws IOException {
        handshake(TlsLayer.accepting(context, false), true);
    }

    private TlsLayer layer() {
        ClientTls with = tls.orElseThrow();
        return TlsLayer.accepting(with.context(), with.clientCertificates());
    }

    /** @param keepInput whether what was received belongs to it; if nothing was, it begins with what comes */
    private void handshake(TlsLayer layer, boolean keepInput) throws IOException {
        began = System.nanoTime();
        try {
            session.encrypted(departure.awaitClient(() -> {
                if (keepInput && !client.hasBuffered()) {
                    client.awaitFirstOctet(timeout);
                    began = System.nanoTime();
                }
                return client.secure(layer, keepInput, timeout);
            }));
            ended();
        } catch (EmptyConnectionException e) {
            throw e;
        } catch (IOException e) {
            ended();
            throw (IOException) new SSLHandshakeException(e.getMessage()).initCause(e);
        }
    }

    private void ended() {
        Duration duration = Duration.ofNanos(System.nanoTime() - began);
        listeners.notify(session, "tls", l -> l.tls(session, duration));
    }
}
