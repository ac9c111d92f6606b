package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Hello;
import java.util.Optional;

/**
 * The client of the next transaction as it is announced to the destination.
 *
 * @param attributes what is known about it
 * @param ident the transaction's name in the logs of the peer that sent XFORWARD
 * @param source {@code LOCAL} or {@code REMOTE}, as the peer sent it with XFORWARD
 */
public record AnnouncedClient(ClientAttributes attributes, Optional<String> ident, Optional<String> source) {

    /** A client that was not announced by XFORWARD. */
    public AnnouncedClient(ClientAttributes attributes) {
        this(attributes, Optional.empty(), Optional.empty());
    }

    /**
     * The client that a peer announced with XFORWARD. Attributes that it did not send are unknown: the peer's own are not
     * the client's.
     *
     * @param here the attributes of the peer's connection, of which the local end is used
     */
    public static AnnouncedClient forwarded(ReceivedAttributes received, ClientAttributes here) {
        ClientAttributes unknown = new ClientAttributes(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                here.localAddress(),
                here.localPort());
        return new AnnouncedClient(received.applyTo(unknown), received.get("IDENT"), received.get("SOURCE"));
    }

    /** This client with other attributes. */
    public AnnouncedClient with(ClientAttributes others) {
        return new AnnouncedClient(others, ident, source);
    }

    /**
     * The EHLO or HELO of the client, with the name {@code unknown} if it is not known.
     *
     * @param here the one that was received on this connection
     */
    public Hello hello(Hello here) {
        boolean extended = attributes.protocol().map(p -> !p.equals("SMTP")).orElse(here.extended());
        return new Hello(extended, attributes.hello().orElse("unknown"));
    }
}
