package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.ClientTls;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.wire.Wire;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A connection beyond {@code maxConnections}, for which there is no session. Used by its thread. */
public final class TurnedAway {

    private static final OwnReply TOO_MANY = OwnReply.refusal(421, "4.3.2", "Too many connections");

    private final Relay relay;
    private final Wire client;
    private final SessionState session;

    public TurnedAway(Relay relay, Socket socket, String id) throws IOException {
        this.relay = relay;
        this.client = new Wire(
                socket, relay.network().watch(socket), new Wire.Log(relay.transcript(), id, Transcript.Lane.CLIENT));
        this.session = new SessionState(
                id,
                relay.endpoint().name(),
                (InetSocketAddress) socket.getRemoteSocketAddress(),
                (InetSocketAddress) socket.getLocalSocketAddress(),
                relay.given());
    }

    /** Closes it with a reply, but where TLS comes first: the client would not understand one in plaintext. */
    public void close() throws IOException {
        if (relay.endpoint().tls().filter(ClientTls::isImplicit).isPresent()) {
            client.close();
            return;
        }
        try (client) {
            client.queueReply(TOO_MANY);
            client.flush(relay.timeouts().dataBlock());
        } finally {
            Refusal refusal = Refusal.of(By.LIMIT, "maxConnections", "CONNECT", TOO_MANY);
            relay.listeners().notify(session, "refused", l -> l.refused(session, refusal));
        }
    }
}
