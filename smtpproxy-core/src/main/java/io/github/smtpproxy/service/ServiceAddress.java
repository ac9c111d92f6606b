package io.github.smtpproxy.service;

import io.github.smtpproxy.protocol.HostName;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where a service that filters ask is found: a host and a port, or a Unix socket. Immutable. */
public final class ServiceAddress {

    private static final Pattern HOST_PORT = Pattern.compile("(?:\\[([^\\]\\s]+)\\]|([^:\\s/]+)):(\\d{1,5})");

    private final String host;
    private final int port;
    private final Optional<Path> path;

    private ServiceAddress(String host, int port, Optional<Path> path) {
        this.host = host;
        this.port = port;
        this.path = path;
    }

    /**
     * A service on TCP.
     *
     * @param host a domain name or an IPv4 or IPv6 address; resolved at each connect
     * @param port 1 to 65535
     */
    public static ServiceAddress tcp(String host, int port) {
        Objects.requireNonNull(host, "host");
        if (!HostName.isValidOrAddress(host)) {
            throw new IllegalArgumentException("host must be a domain name or an IP address, was \"" + host + "\"");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port must be between 1 and 65535, was " + port);
        }
        return new ServiceAddress(host, port, Optional.empty());
    }

    /**
     * A service on a Unix socket.
     *
     * @param path absolute
     */
    public static ServiceAddress unix(Path path) {
        Objects.requireNonNull(path, "path");
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("path of a Unix socket must be absolute, was " + path);
        }
        return new ServiceAddress("", 0, Optional.of(path));
    }

    /** Reads {@code HOST:PORT}, {@code [IPV6]:PORT}, or the absolute path of a Unix socket. */
    public static ServiceAddress parse(String text) {
        Objects.requireNonNull(text, "address");
        if (text.startsWith("/")) {
            return unix(Path.of(text));
        }
        Matcher m = HOST_PORT.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    "address must be HOST:PORT or the path of a socket, was \"" + text + "\"");
        }
        return tcp(m.group(1) == null ? m.group(2) : m.group(1), Integer.parseInt(m.group(3)));
    }

    /** Reads several, as {@link #parse} reads one. */
    public static ServiceAddress[] parseAll(String... texts) {
        Objects.requireNonNull(texts, "addresses");
        return Stream.of(texts).map(ServiceAddress::parse).toArray(ServiceAddress[]::new);
    }

    /** Looks the host up. */
    SocketAddress resolve() throws UnknownHostException {
        if (path.isPresent()) {
            return UnixDomainSocketAddress.of(path.get());
        }
        InetSocketAddress resolved = new InetSocketAddress(host, port);
        if (resolved.isUnresolved()) {
            throw new UnknownHostException(host);
        }
        return resolved;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ServiceAddress that
                && host.equals(that.host)
                && port == that.port
                && path.equals(that.path);
    }

    @Override
    public int hashCode() {
        return Objects.hash(host, port, path);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return path.map(Path::toString).orElse((host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port);
    }
}
