package io.github.smtpproxy.inspect;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;

/**
 * A page that shows what a proxy does: its sessions with both conversations side by side, what filters and throttles decided,
 * its destinations and pools, and rates. It is served by the JDK's own HTTP server, and is of one file.
 *
 * <p>It shows addresses of clients, senders and recipients; it shows no message and no secret. It listens on the loopback
 * address; on others it demands a token, which goes over the network as it is: put a proxy with TLS in front. Requests of
 * other web pages are refused. Only while somebody looks something is recorded, and of that only so much is kept. Immutable.
 */
public final class Inspect {

    private static final int LEAST_TOKEN = 16;
    private static final int MOST_TOKEN = 200;

    private final InetSocketAddress where;
    private final Optional<String> token;
    private final int kept;

    private Inspect(InetSocketAddress where, Optional<String> token, int kept) {
        this.where = where;
        this.token = token;
        this.kept = kept;
    }

    /** At a port of the loopback address; 0 takes a free one. */
    public static Inspect at(int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be between 0 and 65535, was " + port);
        }
        return at(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /**
     * At a loopback address.
     *
     * @throws IllegalArgumentException if it is another one: that needs a token
     */
    public static Inspect at(InetSocketAddress loopback) {
        Objects.requireNonNull(loopback, "address");
        if (loopback.isUnresolved() || !loopback.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("address must be a loopback address or have a token, was " + loopback);
        }
        return new Inspect(loopback, Optional.empty(), 200);
    }

    /** At an address for all who know the token. */
    public static Inspect at(InetSocketAddress where, String token) {
        Objects.requireNonNull(where, "address");
        if (where.isUnresolved()) {
            throw new IllegalArgumentException("address must be one of this machine, was " + where);
        }
        return new Inspect(where, Optional.empty(), 200).token(token);
    }

    /**
     * This for those who know a token, on the loopback address too.
     *
     * @param secret 16 to 200 letters, digits, and {@code - . _ ~}
     */
    public Inspect token(String secret) {
        Objects.requireNonNull(secret, "token");
        int length = secret.getBytes(StandardCharsets.UTF_8).length;
        if (length < LEAST_TOKEN || length > MOST_TOKEN || !secret.matches("[A-Za-z0-9._~-]+")) {
            throw new IllegalArgumentException(
                    "token must be of 16 to 200 letters, digits, and - . _ ~; it was of " + length + " octets");
        }
        return new Inspect(where, Optional.of(secret), kept);
    }

    /** This with another number of ended sessions that are kept: 1 to 1,000, 200 by default. */
    public Inspect keeping(int sessions) {
        if (sessions < 1 || sessions > 1000) {
            throw new IllegalArgumentException("sessions must be between 1 and 1000, was " + sessions);
        }
        return new Inspect(where, token, sessions);
    }

    InetSocketAddress where() {
        return where;
    }

    Optional<String> token() {
        return token;
    }

    int kept() {
        return kept;
    }

    /**
     * Opens the page. The builder does so for {@code inspect}; who does it himself gives the page to the builder as listener
     * and as transcript. It is closed with the proxy.
     *
     * @throws IllegalStateException if the port is not available
     */
    public InspectPage open() {
        return new InspectPage(this);
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "http://" + where.getHostString() + ":" + where.getPort() + "/";
    }
}
