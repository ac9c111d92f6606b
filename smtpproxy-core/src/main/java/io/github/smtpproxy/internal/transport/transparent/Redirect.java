package io.github.smtpproxy.internal.transport.transparent;

import io.github.smtpproxy.internal.transport.ChannelSocket;
import io.github.smtpproxy.internal.transport.linux.SocketOptions;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/** The kernel's NAT has replaced the destination, and knows the former one: SO_ORIGINAL_DST. */
final class Redirect implements Interceptor {

    /** {@code sockaddr_in}: family, port, address. */
    private static final int IPV4_LENGTH = 16;

    private static final int IPV4_ADDRESS_AT = 4;
    /** {@code sockaddr_in6}: family, port, flow, address, scope. */
    private static final int IPV6_LENGTH = 28;

    private static final int IPV6_ADDRESS_AT = 8;
    private static final int PORT_AT = 2;

    private final SocketOptions options;
    private final Tproxy sources;

    Redirect(SocketOptions options) {
        this.options = options;
        this.sources = new Tproxy(options);
    }

    @Override
    public void prepare(SocketChannel channel) throws IOException {
        sources.prepare(channel);
    }

    @Override
    public void probe() {
        sources.probe();
    }

    /** Of a connection that was not redirected the kernel knows none: that one led here. */
    @Override
    public InetSocketAddress originalDestination(ChannelSocket accepted) {
        boolean v4 = accepted.getLocalAddress() instanceof Inet4Address;
        Optional<byte[]> former = options.get(
                accepted.channel(),
                v4 ? SocketOptions.SOL_IP : SocketOptions.SOL_IPV6,
                SocketOptions.SO_ORIGINAL_DST,
                v4 ? IPV4_LENGTH : IPV6_LENGTH);
        return former.filter(octets -> octets.length == (v4 ? IPV4_LENGTH : IPV6_LENGTH))
                .map(octets -> address(octets, v4))
                .orElseGet(() -> (InetSocketAddress) accepted.getLocalSocketAddress());
    }

    private static InetSocketAddress address(byte[] octets, boolean v4) {
        byte[] address = new byte[v4 ? 4 : 16];
        ByteBuffer.wrap(octets).position(v4 ? IPV4_ADDRESS_AT : IPV6_ADDRESS_AT).get(address);
        int port = ByteBuffer.wrap(octets).getShort(PORT_AT) & 0xffff;
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
