package io.github.smtpproxy.session;

import io.github.smtpproxy.protocol.Hello;
import java.net.InetSocketAddress;
import java.util.Optional;

/** One client connection. Used on the session's own thread only, unless said otherwise. */
public interface Session {

    /** Names the session in logs; printable, unique in this JVM. Any thread. */
    String id();

    /**
     * Where the client connected from: a trusted peer may have told us, for the session or, with XFORWARD, for one
     * transaction. Where such a peer does not know it the address is the unspecified one, {@code 0.0.0.0}, which is no
     * client's, and the port 0: ask {@link java.net.InetAddress#isAnyLocalAddress()}. Any thread.
     */
    InetSocketAddress remoteAddress();

    /**
     * The address that the client connected to: our own, or the one that a trusted peer told us; unspecified as
     * {@link #remoteAddress()} where such a peer does not know it. Any thread.
     */
    InetSocketAddress localAddress();

    /** The last EHLO or HELO that was accepted, or within a transaction what a trusted peer told us of it with XFORWARD. */
    Optional<Hello> hello();

    /** How the client's connection is encrypted; empty in plaintext. */
    Optional<Tls> tls();

    /** Whether the client has logged in, here or at the destination. */
    boolean authenticated();

    /** Who logged in here, or who did so at a trusted peer; empty where only the destination knows. */
    Optional<String> identity();

    /** The attribute of this key, if it was set. */
    <T> Optional<T> attribute(Key<T> key);

    /** Sets an attribute, in place of the one that was there. */
    <T> void attribute(Key<T> key, T value);
}
