package io.github.smtpproxy;

import java.net.InetAddress;
import java.util.Optional;

/**
 * Our side of the wire: where we listen and what we take. Immutable.
 *
 * @param host the address to listen on; empty for all
 * @param port 0 to 65535; 0 takes a free one
 * @param hostname how we call ourselves in Received and in replies of our own
 * @param maxConnections sessions at once; one more hears 421; 1,000
 * @param maxRecipients recipients of a transaction; one more hears {@code 452 4.5.3}; 1,000
 * @param maxErrors replies 500 to 503 in a session before {@code 421 4.7.0}; 100
 * @param maxCommandOctets of a command line with its line end; 2,048 (RFC 5321 §4.5.3.1.4 and what extensions add)
 * @param maxHeaderOctets of a header section that a filter reads; 262,144
 * @param spoolMemory octets of a body that a filter opened kept in memory, the rest in a temporary file; 65,536
 * @param spoolMax octets of a body that a filter may open; a larger one is refused with {@code 552 5.3.4}; 268,435,456
 * @param bareLineFeeds what happens to a CR or LF alone; REJECT
 * @param received whether each message gets our Received field (RFC 5321 §4.4); true
 */
public record Endpoint(
        Optional<String> host,
        int port,
        String hostname,
        int maxConnections,
        int maxRecipients,
        int maxErrors,
        int maxCommandOctets,
        int maxHeaderOctets,
        int spoolMemory,
        long spoolMax,
        BareLineFeeds bareLineFeeds,
        boolean received) {

    /** Checks each value. */
    public Endpoint {
        check("port", port, 0, 65535);
        check("maxConnections", maxConnections, 1, 1_000_000);
        check("maxRecipients", maxRecipients, 1, 1_000_000);
        check("maxErrors", maxErrors, 1, 1_000_000);
        check("maxCommandOctets", maxCommandOctets, 512, 65_536);
        check("maxHeaderOctets", maxHeaderOctets, 1_000, 64 << 20);
        check("spoolMemory", spoolMemory, 0, 1 << 30);
        check("spoolMax", spoolMax, 1, Long.MAX_VALUE);
        if (!hostname.matches("[A-Za-z0-9.:\\[\\]-]{1,255}")) {
            throw new IllegalArgumentException("hostname is a domain or an address literal, not \"" + hostname + "\"");
        }
    }

    /** Listens on this port of all addresses. */
    public static Endpoint port(int port) {
        return of(Optional.empty(), port);
    }

    /** Listens on this port of this address. */
    public static Endpoint at(String host, int port) {
        return of(Optional.of(host), port);
    }

    private static Endpoint of(Optional<String> host, int port) {
        return new Endpoint(
                host,
                port,
                ownName(),
                1_000,
                1_000,
                100,
                2_048,
                262_144,
                65_536,
                256 << 20,
                BareLineFeeds.REJECT,
                true);
    }

    /** This with another {@code hostname}; the default is this machine's name. */
    public Endpoint hostname(String value) {
        return new Endpoint(
                host,
                port,
                value,
                maxConnections,
                maxRecipients,
                maxErrors,
                maxCommandOctets,
                maxHeaderOctets,
                spoolMemory,
                spoolMax,
                bareLineFeeds,
                received);
    }

    /** This with another {@code maxConnections}. */
    public Endpoint maxConnections(int value) {
        return new Endpoint(
                host,
                port,
                hostname,
                value,
                maxRecipients,
                maxErrors,
                maxCommandOctets,
                maxHeaderOctets,
                spoolMemory,
                spoolMax,
                bareLineFeeds,
                received);
    }

    /** This with another {@code maxRecipients}. */
    public Endpoint maxRecipients(int value) {
        return new Endpoint(
                host,
                port,
                hostname,
                maxConnections,
                value,
                maxErrors,
                maxCommandOctets,
                maxHeaderOctets,
                spoolMemory,
                spoolMax,
                bareLineFeeds,
                received);
    }

    /** This with another {@code maxErrors}. */
    public Endpoint maxErrors(int value) {
        return new Endpoint(
                host,
                port,
                hostname,
                maxConnections,
                maxRecipients,
                value,
                maxCommandOctets,
                maxHeaderOctets,
                spoolMemory,
                spoolMax,
                bareLineFeeds,
                received);
    }

    /** This with another {@code maxCommandOctets}. */
    public Endpoint maxCommandOctets(int value) {
        return new Endpoint(
                host,
                port,
                hostname,
                maxConnections,
                maxRecipients,
                maxErrors,
                value,
                maxHeaderOctets,
                spoolMemory,
                spoolMax,
                bareLineFeeds,
                received);
    }

    /** This with another {@code maxHeaderOctets}. */
    public Endpoint maxHeaderOctets(int value) {
        return new Endpoint(
                host,
                port,
                hostname,
                maxConnections,
                maxRecipients,
                maxErrors,
                maxCommandOctets,
                value,
                spoolMemory,
                spoolMax,
                bareLineFeeds,
                received);
    }

    /** This with other bounds of what is kept of a body that a filter opened. */
    public Endpoint spool(int memory, long max) {
        return new Endpoint(
                host,
                port,
                hostname,
                maxConnections,
                maxRecipients,
                maxErrors,
                maxCommandOctets,
                maxHeaderOctets,
                memory,
                max,
                bareLineFeeds,
                received);
    }

    /** This with another policy for CR or LF alone. */
    public Endpoint bareLineFeeds(BareLineFeeds value) {
        return new Endpoint(
                host,
                port,
                hostname,
                maxConnections,
                maxRecipients,
                maxErrors,
                maxCommandOctets,
                maxHeaderOctets,
                spoolMemory,
                spoolMax,
                value,
                received);
    }

    /** This with or without our Received field. */
    public Endpoint received(boolean value) {
        return new Endpoint(
                host,
                port,
                hostname,
                maxConnections,
                maxRecipients,
                maxErrors,
                maxCommandOctets,
                maxHeaderOctets,
                spoolMemory,
                spoolMax,
                bareLineFeeds,
                value);
    }

    private static String ownName() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return name.matches("[A-Za-z0-9.-]{1,255}") ? name : "localhost";
        } catch (java.net.UnknownHostException unnamed) {
            return "localhost";
        }
    }

    private static void check(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + min + " to " + max + ", not " + value);
        }
    }
}
