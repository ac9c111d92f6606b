package io.github.smtpproxy.route;

/**
 * A server that a router can name. Immutable.
 *
 * @param host name or address; resolved at each connect
 * @param port 1 to 65535
 */
public record Destination(String host, int port) {

    /** Checks host and port. */
    public Destination {
        if (host.isBlank() || host.chars().anyMatch(c -> c <= ' ' || c >= 0x7F)) {
            throw new IllegalArgumentException("host of a destination is a name or an address, not \"" + host + "\"");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port of a destination is 1 to 65535, not " + port);
        }
    }

    /** A destination. */
    public static Destination at(String host, int port) {
        return new Destination(host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
