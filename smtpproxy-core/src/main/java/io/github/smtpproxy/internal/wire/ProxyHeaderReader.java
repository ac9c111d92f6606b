package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.internal.wire.ProxyHeader.Local;
import io.github.smtpproxy.internal.wire.ProxyHeader.Proxied;
import io.github.smtpproxy.protocol.IpLiteral;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads one header of the PROXY protocol. No read asks for more octets than the header must still have. */
final class ProxyHeaderReader {

    /** The length of the fixed part of version 2. */
    static final int V2_FIXED = 16;

    private static final byte[] V1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] V2 = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
    private static final int V1_MAX = 107;
    private static final int V2_MAX_REST = 4096;
    private static final Pattern PORT = Pattern.compile("0|[1-9]\\d{0,4}");

    private final InputStream in;
    private final byte[] octets = new byte[V1_MAX];
    private int count;

    ProxyHeaderReader(InputStream in) {
        this.in = in;
    }

    static byte[] signature() {
        return V2.clone();
    }

    ProxyHeader read() throws IOException {
        // Fails at the first wrong octet: a client that starts with EHLO is not left waiting until the timeout.
        while (count < V2.length) {
            readUpTo(V2.length);
            if (!begins(V1) && !begins(V2)) {
                throw new ProxyHeaderException("neither version 1 nor version 2");
            }
        }
        return begins(V2) ? readV2() : readV1();
    }

    private void readUpTo(int total) throws IOException {
        int got = read(total - count);
        if (got < 0) {
            throw count == 0
                    ? ProxyHeaderException.missing()
                    : new ProxyHeaderException("the connection was closed within it");
        }
        count += got;
    }

    private int read(int most) throws IOException {
        try {
            return in.read(octets, count, most);
        } catch (SocketException reset) {
            throw count == 0 ? ProxyHeaderException.missing() : reset;
        }
    }

    private boolean begins(byte[] with) {
        int length = Math.min(count, with.length);
        return Arrays.equals(octets, 0, length, with, 0, length);
    }

    private ProxyHeader readV2() throws IOException {
        while (count < V2_FIXED) {
            readUpTo(V2_FIXED);
        }
        int length = ByteBuffer.wrap(octets).getShort(14) & 0xffff;
        if ((octets[12] & 0xf0) != 0x20 || (octets[12] & 0x0f) > 1) {
            throw new ProxyHeaderException("unknown version or command");
        }
        if (length > V2_MAX_REST) {
            throw new ProxyHeaderException("length " + length + " is over " + V2_MAX_REST);
        }
        byte[] rest = in.readNBytes(length);
        if (rest.length < length) {
            throw new ProxyHeaderException("the connection was closed within it");
        }
        boolean local = (octets[12] & 0x0f) == 0;
        return local ? new Local() : proxied(octets[13], ByteBuffer.wrap(rest));
    }

    /** TLVs follow the addresses and are ignored. */
    private static ProxyHeader proxied(int family, ByteBuffer rest) throws ProxyHeaderException {
        return switch (family) {
            case 0x00, 0x31 -> new Local();
            case 0x11 -> endpoints(4, rest);
            case 0x21 -> endpoints(16, rest);
            default -> throw new ProxyHeaderException("unsupported address family or transport");
        };
    }

    private static ProxyHeader endpoints(int octets, ByteBuffer rest) throws ProxyHeaderException {
        if (rest.remaining() < 2 * octets + 4) {
            throw new ProxyHeaderException("too short for its addresses");
        }
        byte[] source = new byte[octets];
        byte[] destination = new byte[octets];
        rest.get(source).get(destination);
        int sourcePort = rest.getShort() & 0xffff;
        int destinationPort = rest.getShort() & 0xffff;
        return new Proxied(
                new InetSocketAddress(IpLiteral.of(source), sourcePort),
                new InetSocketAddress(IpLiteral.of(destination), destinationPort));
    }

    private ProxyHeader readV1() throws IOException {
        while (octets[count - 1] != '\n') {
            int next = count + leastMissing();
            if (next > V1_MAX) {
                throw new ProxyHeaderException("version 1 is over " + V1_MAX + " octets");
            }
            readUpTo(next);
        }
        String line = new String(octets, 0, count, StandardCharsets.ISO_8859_1);
        if (line.indexOf("\r\n") != count - 2) {
            throw new ProxyHeaderException("version 1 does not end with CRLF");
        }
        return parse(line.substring(0, count - 2));
    }

    /** The least number of octets that follow: CRLF, and before it a space and a character for each field not started. */
    private int leastMissing() {
        if (octets[count - 1] == '\r') {
            return 1;
        }
        int spaces = 0;
        for (int i = 0; i < count; i++) {
            spaces += octets[i] == ' ' ? 1 : 0;
        }
        boolean unknown = octets[V1.length] == 'U';
        return unknown ? 2 : 2 + 2 * Math.max(0, 5 - spaces);
    }

    private static ProxyHeader parse(String line) throws ProxyHeaderException {
        if (line.equals("PROXY UNKNOWN") || line.startsWith("PROXY UNKNOWN ")) {
            return new Local();
        }
        String[] fields = line.split(" ", -1);
        if (fields.length != 6 || !(fields[1].equals("TCP4") || fields[1].equals("TCP6"))) {
            throw new ProxyHeaderException("version 1 must be PROXY, TCP4 or TCP6, two addresses and two ports");
        }
        boolean ipv4 = fields[1].equals("TCP4");
        return new Proxied(endpoint(ipv4, fields[2], fields[4]), endpoint(ipv4, fields[3], fields[5]));
    }

    private static InetSocketAddress endpoint(boolean ipv4, String address, String port) throws ProxyHeaderException {
        Optional<InetAddress> parsed = ipv4 ? IpLiteral.ipv4(address) : IpLiteral.ipv6(address);
        if (parsed.isEmpty()) {
            throw new ProxyHeaderException("address must be a literal of its family");
        }
        if (!PORT.matcher(port).matches() || Integer.parseInt(port) > 0xffff) {
            throw new ProxyHeaderException("port must be between 0 and 65535");
        }
        return new InetSocketAddress(parsed.get(), Integer.parseInt(port));
    }
}
