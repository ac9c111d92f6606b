package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Hello;
import java.util.Optional;

/**
 * The client of the next transaction, and what one in front that has it too calls it.
 *
 * @param attributes who it is
 * @param ident what names the transaction in the log of one in front
 * @param source {@code LOCAL} or {@code REMOTE}, if one in front said so
 */
public record AnnouncedClient(ClientAttributes attributes, Optional<String> ident, Optional<String> source) {

    public AnnouncedClient(ClientAttributes attributes) {
        this(attributes, Optional.empty(), Optional.empty());
    }

    /**
     * Whose transaction it is by XFORWARD. Of what is not said nothing is known: the peer's own is not the client's.
     *
     * @param here where the peer came to
     */
    public static AnnouncedClient forwarded(ReceivedAttributes said, ClientAttributes here) {
        ClientAttributes nobody = new ClientAttributes(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                here.localAddress(),
                here.localPort());
        return new AnnouncedClient(said.applyTo(nobody), said.get("IDENT"), said.get("SOURCE"));
    }

    /** This with other attributes. */
    public AnnouncedClient with(ClientAttributes others) {
        return new AnnouncedClient(others, ident, source);
    }

    /**
     * What it called itself, as far as that is known.
     *
     * @param here what was said on this connection
     */
    public Hello hello(Hello here) {
        boolean extended = attributes.protocol().map(p -> !p.equals("SMTP")).orElse(here.extended());
        return new Hello(extended, attributes.hello().orElse("unknown"));
    }
}
