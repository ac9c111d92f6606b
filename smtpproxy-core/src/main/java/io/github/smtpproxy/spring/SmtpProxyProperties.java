package io.github.smtpproxy.spring;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What {@code smtpproxy.*} says.
 *
 * @param endpoints where the proxy listens, each by a name of your choice
 * @param destinations servers that mail goes to, each by a name of your choice
 * @param routes which mail goes to which destinations, each by a name of your choice; without any, all mail goes to all
 *     destinations in the order of their names, the first that can be reached
 * @param maxMessageSize largest message that is taken; a larger one is refused with 552 5.3.4
 * @param timeouts how long waits may take
 * @param shutdown how the proxy ends
 * @param transport what carries the sessions
 * @param pool connections that sessions share (multiplexing); without max, each session has its own
 */
@ConfigurationProperties(prefix = "smtpproxy", ignoreUnknownFields = false)
record SmtpProxyProperties(
        @DefaultValue Map<String, Listen> endpoints,
        @DefaultValue Map<String, Server> destinations,
        @DefaultValue Map<String, Rule> routes,
        @Nullable DataSize maxMessageSize,
        @DefaultValue Waits timeouts,
        @DefaultValue Shutdown shutdown,
        @DefaultValue("automatic") Carrier transport,
        @DefaultValue Shared pool) {

    /**
     * An endpoint.
     *
     * @param address where it listens: this machine only, unless it is 0.0.0.0, :: or another address
     * @param port the port; 0 takes a free one
     * @param hostname the proxy's name in Received and in its own replies; this machine's by default
     * @param maxConnections sessions at once
     * @param ssl TLS with clients
     */
    record Listen(
            @DefaultValue("127.0.0.1") String address,
            @Nullable Integer port,
            @Nullable String hostname,
            @Nullable Integer maxConnections,
            @DefaultValue ListenSsl ssl) {}

    /**
     * TLS with clients.
     *
     * @param bundle the SSL bundle that has the certificate and its key
     * @param mode how TLS starts
     */
    record ListenSsl(@Nullable String bundle, @Nullable Mode mode) {}

    /** How TLS with clients starts. */
    enum Mode {
        /** By STARTTLS, if the client likes; the default with a bundle. */
        STARTTLS,
        /** By STARTTLS, without which there is no mail. */
        REQUIRED,
        /** With the first octet, as on port 465. */
        IMPLICIT
    }

    /**
     * A destination.
     *
     * @param host a domain name or an IP address
     * @param port the port
     * @param tls how the connection is protected
     * @param ssl whose certificates are trusted
     * @param username the name by which the proxy logs in
     * @param password the password by which the proxy logs in
     * @param weight its share of the load beside others, 1 to 1,000
     */
    record Server(
            @Nullable String host,
            @DefaultValue("25") int port,
            @DefaultValue("none") Protection tls,
            @DefaultValue ServerSsl ssl,
            @Nullable String username,
            @Nullable String password,
            @Nullable Integer weight) {

        /** Without the password. */
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /**
     * Trust in a destination.
     *
     * @param bundle the SSL bundle whose trust store checks the certificate; the JDK's own by default
     */
    record ServerSsl(@Nullable String bundle) {}

    /**
     * A route.
     *
     * @param destinations names of destinations, tried in this order unless a balancer is set
     * @param spares names of destinations that are used only while none of the others is
     * @param balancer what chooses among the destinations
     * @param recipientDomains mail to these domains goes here
     * @param senderDomains mail from these domains goes here
     */
    record Rule(
            @DefaultValue List<String> destinations,
            @DefaultValue List<String> spares,
            @Nullable Choice balancer,
            @DefaultValue List<String> recipientDomains,
            @DefaultValue List<String> senderDomains) {}

    /**
     * How the proxy ends.
     *
     * @param drain how long running transactions may take to end when the application stops
     */
    record Shutdown(@DefaultValue("30s") Duration drain) {}

    /**
     * Timeouts; each has the default of the library.
     *
     * @param connect to reach a destination
     * @param greeting for a destination's greeting
     * @param command for a destination's reply to a command
     * @param dataCommand for a destination's reply to DATA
     * @param dataBlock for a block of a message to pass
     * @param finalDot for a destination's reply to the end of data
     * @param clientCommand for a client's next command
     * @param tlsHandshake for a TLS handshake
     * @param proxyHeader for a PROXY header
     * @param failover after it, no further server of a group is tried
     * @param routing for a router to decide
     * @param session for a whole session
     * @param transaction for a whole transaction
     * @param minimumRate octets a second that a client must send at least
     */
    record Waits(
            @Nullable Duration connect,
            @Nullable Duration greeting,
            @Nullable Duration command,
            @Nullable Duration dataCommand,
            @Nullable Duration dataBlock,
            @Nullable Duration finalDot,
            @Nullable Duration clientCommand,
            @Nullable Duration tlsHandshake,
            @Nullable Duration proxyHeader,
            @Nullable Duration failover,
            @Nullable Duration routing,
            @Nullable Duration session,
            @Nullable Duration transaction,
            @Nullable Long minimumRate) {}

    /**
     * A pool; each has the default of the library.
     *
     * @param max most connections to one server; setting it turns multiplexing on
     * @param idle after which time an unused connection is closed
     * @param lifetime after which time a connection is used no more
     * @param transactions after how many transactions a connection is used no more
     * @param waiting how long a transaction waits for a connection
     * @param maxWaiting how many transactions may wait for one server
     */
    record Shared(
            @Nullable Integer max,
            @Nullable Duration idle,
            @Nullable Duration lifetime,
            @Nullable Integer transactions,
            @Nullable Duration waiting,
            @Nullable Integer maxWaiting) {}

    /** What carries the sessions. */
    enum Carrier {
        /** Event loops if the JVM allows them, else plain. */
        AUTOMATIC,
        /** Event loops; if the JVM does not allow them, the application does not start. */
        EVENT_LOOPS,
        /** The JDK's own sockets, and a thread for each session. */
        PLAIN
    }

    /** How the connection to a destination is protected. */
    enum Protection {
        /** Plaintext. */
        NONE,
        /** STARTTLS where the destination offers it, with any certificate. */
        OPPORTUNISTIC,
        /** STARTTLS or no mail, with any certificate. */
        REQUIRED,
        /** STARTTLS or no mail, with a certificate that is trusted and names the host. */
        VERIFIED,
        /** TLS from the first octet, with a certificate that is trusted and names the host. */
        IMPLICIT
    }

    /** What chooses among the destinations of a route. */
    enum Choice {
        /** The first that can be reached. */
        IN_ORDER,
        /** Each in turn, by weight. */
        ROUND_ROBIN,
        /** The one with the fewest sessions for its weight. */
        LEAST_BUSY,
        /** The less busy of two that are drawn by chance. */
        TWO_CHOICES,
        /** The same one for the same client, by weight. */
        STICKY_BY_CLIENT,
        /** The same one for the same sender, by weight. */
        STICKY_BY_SENDER
    }
}
