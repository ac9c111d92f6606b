package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.HelloName;
import java.util.List;
import java.util.Optional;

/**
 * All that a connection depends on: only who would have opened it in the same way may use it.
 *
 * @param destination the server, with TLS and login
 * @param hello the name in EHLO
 * @param client who is announced by XCLIENT; empty where nobody is, and where the server takes another one on the same connection
 */
record PoolKey(Destination destination, String hello, Optional<ClientAttributes> client) {

    /**
     * What this client needs.
     *
     * @param hostname the name of the proxy: a connection that belongs to no client does not have a client's name
     */
    static PoolKey of(Destination to, SessionDownstream.Client client, String hostname) {
        ClientAttributes attributes = client.announced().attributes();
        String sent = client.hello().map(Hello::name).orElse(hostname);
        String name = to.helloName().equals(HelloName.client())
                ? hostname
                : to.helloName().text(sent, attributes.remote().getAddress(), hostname);
        boolean named = to.announcement() == ClientAnnouncement.XCLIENT;
        return new PoolKey(
                to,
                name,
                named
                        ? Optional.of(attributes.introduced(client.hello().orElse(new Hello(true, name))))
                        : Optional.empty());
    }

    /** The same for all clients. */
    PoolKey ofAnyClient() {
        return new PoolKey(destination, hello, Optional.empty());
    }

    /** The keys of connections that this one may use, the best first. */
    List<PoolKey> fits() {
        return client.isPresent() ? List.of(this, ofAnyClient()) : List.of(this);
    }
}
