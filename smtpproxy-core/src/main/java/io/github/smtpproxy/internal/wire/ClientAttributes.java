package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Hello;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is known about a client: the attributes of Postfix's XCLIENT and XFORWARD. Empty means unknown.
 *
 * @param name its host name, one char for each octet
 * @param address its address
 * @param port its port; 0 means unknown
 * @param protocol {@code SMTP} or {@code ESMTP}
 * @param hello the name that it sent with HELO or EHLO, one char for each octet
 * @param login the user that it authenticated as
 * @param localAddress the address that it connected to
 * @param localPort the port that it connected to
 */
public record ClientAttributes(
        Optional<String> name,
        Optional<InetAddress> address,
        Optional<Integer> port,
        Optional<String> protocol,
        Optional<String> hello,
        Optional<String> login,
        Optional<InetAddress> localAddress,
        Optional<Integer> localPort) {

    /** Nothing is known. */
    public static final ClientAttributes NONE = new ClientAttributes(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** What a connection shows about the client at its other end. */
    public static ClientAttributes of(InetSocketAddress remote, InetSocketAddress local) {
        return new ClientAttributes(
                Optional.empty(),
                known(remote),
                Optional.of(remote.getPort()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                known(local),
                Optional.of(local.getPort()));
    }

    private static Optional<InetAddress> known(InetSocketAddress endpoint) {
        return Optional.of(endpoint.getAddress()).filter(a -> !a.isAnyLocalAddress());
    }

    /**
     * Reads the argument of an XCLIENT command.
     *
     * @throws IllegalArgumentException if it is malformed; the message contains nothing of it and may be sent with 501
     */
    public static ClientAttributes parse(String argument) {
        return ReceivedAttributes.ofXclient(argument).applyTo(NONE);
    }

    /** The client's end of the connection; see {@link UnknownAddress}. */
    public InetSocketAddress remote() {
        return UnknownAddress.orElse(address, port);
    }

    /** The proxy's end of the connection; see {@link UnknownAddress}. */
    public InetSocketAddress local() {
        return UnknownAddress.orElse(localAddress, localPort);
    }

    /** These attributes after HELO or EHLO. */
    public ClientAttributes introduced(Hello as) {
        String by = as.extended() ? "ESMTP" : "SMTP";
        return new ClientAttributes(
                name, address, port, Optional.of(by), Optional.of(as.name()), login, localAddress, localPort);
    }

    /** These attributes with this user, or with none. */
    public ClientAttributes loggedIn(Optional<String> as) {
        return new ClientAttributes(name, address, port, protocol, hello, as, localAddress, localPort);
    }

    /**
     * The XCLIENT commands that announce this client, without line ends; none if the destination lists no attribute.
     *
     * @param listed the attributes in the destination's EHLO line, in upper case
     */
    public List<String> xclient(Set<String> listed) {
        return AttributeCommands.xclient(this, listed);
    }

    /** As {@link #xforward(String, String, Set)}, with {@code SOURCE=REMOTE}. */
    public List<String> xforward(String ident, Set<String> listed) {
        return xforward(ident, "REMOTE", listed);
    }

    /**
     * The XFORWARD commands that announce this client for the next transaction, without line ends; none if the destination
     * lists no attribute.
     *
     * @param ident names the transaction in logs
     * @param source {@code REMOTE}, or {@code LOCAL} for mail from a program on the first host
     * @param listed the attributes in the destination's EHLO line, in upper case
     */
    public List<String> xforward(String ident, String source, Set<String> listed) {
        return AttributeCommands.xforward(this, ident, source, listed);
    }
}
