package io.github.smtpproxy.session;

import io.github.smtpproxy.protocol.Hello;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * One client connection. Used on the session's own thread only, unless a method says otherwise. Its attributes last as long
 * as the client is the same: they outlive RSET and EHLO, and end with XCLIENT.
 */
public interface Session extends Attributes {

    /** Names the session in logs; printable, unique in this JVM. Any thread. */
    String id();

    /** The name of the endpoint that the client connected to; {@code host:port} as configured unless it has one. Any thread. */
    String endpoint();

    /**
     * Where the client connected from: a trusted peer may have announced it, for the session or, with XFORWARD, for one
     * transaction. Where such a peer does not know it the address is the unspecified one, {@code 0.0.0.0}, which is no
     * client's, and the port 0: ask {@link java.net.InetAddress#isAnyLocalAddress()}. Any thread.
     */
    InetSocketAddress remoteAddress();

    /**
     * The address that the client connected to: our own, or the one that a trusted peer announced; unspecified as
     * {@link #remoteAddress()} where such a peer does not know it. Any thread.
     */
    InetSocketAddress localAddress();

    /** The last EHLO or HELO that was accepted, or within a transaction what a trusted peer announced with XFORWARD. */
    Optional<Hello> hello();

    /** How the client's connection is encrypted; empty in plaintext. */
    Optional<Tls> tls();

    /** Whether the client has logged in, here or at the destination. */
    boolean authenticated();

    /** Who logged in here, or who did so at a trusted peer; empty where only the destination knows. */
    Optional<String> identity();

    /**
     * Ends the session at once: closes the connections with the client and with the destination. The client gets no reply,
     * and a message whose end the destination does not have is not delivered. Any thread, at any time; further calls do
     * nothing.
     */
    void hangUp(HangUp how);

    /** How a connection is closed. */
    enum HangUp {
        /** As usual in TCP, by FIN: what was sent before still arrives. */
        CLOSE,
        /** By RST: nothing of it is kept, on either side. */
        RESET
    }
}
