package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.IpLiteral;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A header of HAProxy's PROXY protocol, version 1 or 2, which stands at the start of a connection. */
public sealed interface ProxyHeader {

    /**
     * The connection comes from a client of the peer.
     *
     * @param source the client
     * @param destination where the client connected to
     */
    record Proxied(InetSocketAddress source, InetSocketAddress destination) implements ProxyHeader {}

    /** The connection is the peer's own, or the client is unknown: the endpoints of the socket apply. */
    record Local() implements ProxyHeader {}

    /**
     * Reads a header and no octet after it, because TLS may follow at once. The caller limits the time.
     *
     * @throws ProxyHeaderException if it is malformed or missing
     */
    static ProxyHeader read(InputStream in) throws IOException {
        return new ProxyHeaderReader(in).read();
    }

    /**
     * The line of version 1. If one address is IPv4 and the other IPv6, the former is written as IPv4-mapped IPv6. With
     * {@code UNKNOWN} instead, the destination would take the client for the proxy, which it may trust.
     */
    static byte[] v1(InetSocketAddress source, InetSocketAddress destination) {
        boolean ipv4 = ipv4(source) && ipv4(destination);
        String line = "PROXY " + (ipv4 ? "TCP4 " : "TCP6 ") + text(source, ipv4) + ' ' + text(destination, ipv4) + ' '
                + source.getPort() + ' ' + destination.getPort() + "\r\n";
        return line.getBytes(StandardCharsets.US_ASCII);
    }

    /** The header of version 2, without TLVs; addresses of two families as in {@link #v1}. */
    static byte[] v2(InetSocketAddress source, InetSocketAddress destination) {
        boolean ipv4 = ipv4(source) && ipv4(destination);
        int length = ipv4 ? 12 : 36;
        return ByteBuffer.allocate(ProxyHeaderReader.V2_FIXED + length)
                .put(ProxyHeaderReader.signature())
                .put((byte) 0x21)
                .put((byte) (ipv4 ? 0x11 : 0x21))
                .putShort((short) length)
                .put(octets(source, ipv4))
                .put(octets(destination, ipv4))
                .putShort((short) source.getPort())
                .putShort((short) destination.getPort())
                .array();
    }

    private static boolean ipv4(InetSocketAddress endpoint) {
        return address(endpoint) instanceof Inet4Address;
    }

    private static String text(InetSocketAddress endpoint, boolean ipv4) {
        String text = IpLiteral.text(address(endpoint));
        return ipv4 || !ipv4(endpoint) ? text : "::ffff:" + text;
    }

    private static byte[] octets(InetSocketAddress endpoint, boolean ipv4) {
        byte[] octets = address(endpoint).getAddress();
        if (ipv4 || octets.length == 16) {
            return octets;
        }
        return ByteBuffer.allocate(16)
                .putShort(10, (short) 0xffff)
                .position(12)
                .put(octets)
                .array();
    }

    private static InetAddress address(InetSocketAddress endpoint) {
        if (endpoint.isUnresolved()) {
            throw new IllegalArgumentException("address for a PROXY header must be resolved, was " + endpoint);
        }
        return endpoint.getAddress();
    }
}
