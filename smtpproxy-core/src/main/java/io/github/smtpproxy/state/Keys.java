package io.github.smtpproxy.state;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;

/** Keys of stores that are made of what clients send. */
public final class Keys {

    private static final int LONGEST = 200;
    private static final int IPV4_NETWORK = 24;
    private static final int IPV6_NETWORK = 64;

    private Keys() {}

    /**
     * A key of these parts. One that would be long is a hash, so that nobody can fill a store with long ones.
     *
     * @param kind keeps keys of different use apart
     */
    public static String of(String kind, String... parts) {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(parts, "parts");
        String joined = String.join("\0", parts);
        return kind + ":" + (joined.length() > LONGEST ? hash(joined) : joined);
    }

    private static String hash(String text) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The network of an address: its first 24 bits of IPv4, 64 of IPv6. */
    public static String network(InetAddress address) {
        Objects.requireNonNull(address, "address");
        byte[] octets = address.getAddress();
        int kept = (address instanceof Inet4Address ? IPV4_NETWORK : IPV6_NETWORK) / 8;
        return HexFormat.of().formatHex(Arrays.copyOf(octets, kept));
    }
}
