package io.github.smtpproxy.dns;

import io.github.smtpproxy.config.OptionalLibrary;
import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.protocol.HostName;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xbill.DNS.ReverseMap;

/**
 * Asks recursive DNS servers and keeps what they answer: as long as its time to live says, but 60 s at least and an hour at
 * most; failures for 30 s. Up to 10,000 answers are kept, those that were not asked for lately go first. The same question
 * is asked once at a time. Immutable settings; any thread.
 */
public final class Resolver {

    private static final Pattern SERVER = Pattern.compile("(?:\\[([^\\]]+)\\]|([^:]+))(?::(\\d{1,5}))?");
    private static final int DNS = 53;
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final List<InetSocketAddress> servers;
    private final Duration limit;
    private final AnswerCache cache;

    private Resolver(List<InetSocketAddress> servers, Duration limit) {
        OptionalLibrary.require("org.xbill.DNS.Resolver", "dnsjava:dnsjava", "a DNS resolver");
        this.servers = servers;
        this.limit = limit;
        DnsQuery query = new DnsQuery(servers, limit);
        this.cache = new AnswerCache(query::ask, System::nanoTime);
    }

    /** Asks the servers that the system is configured for; 10 s for an answer. */
    public static Resolver system() {
        return new Resolver(List.of(), Duration.ofSeconds(10));
    }

    /**
     * Asks these servers; 10 s for an answer.
     *
     * @param servers with a port or without: {@code 127.0.0.1:5353}, {@code [::1]:53}, {@code 192.0.2.1}; a name is looked up
     *     once, now
     */
    public static Resolver at(String... servers) {
        Objects.requireNonNull(servers, "DNS servers");
        List<InetSocketAddress> parsed = new ArrayList<>();
        for (String server : servers) {
            parsed.add(server(server));
        }
        if (parsed.isEmpty()) {
            throw new IllegalArgumentException("DNS servers must be at least 1, was 0");
        }
        return new Resolver(List.copyOf(parsed), Duration.ofSeconds(10));
    }

    private static InetSocketAddress server(String text) {
        Objects.requireNonNull(text, "DNS server");
        Matcher m = SERVER.matcher(text);
        if (m.matches()) {
            String host = m.group(1) == null ? m.group(2) : m.group(1);
            int port = m.group(3) == null ? DNS : Integer.parseInt(m.group(3));
            if (port >= 1 && port <= 65535 && HostName.isValidOrAddress(host)) {
                return resolved(new InetSocketAddress(host, port));
            }
        }
        throw new IllegalArgumentException("DNS server must be HOST or HOST:PORT, was \"" + text + "\"");
    }

    private static InetSocketAddress resolved(InetSocketAddress server) {
        if (server.isUnresolved()) {
            throw new IllegalArgumentException(
                    "DNS server must have an address, was \"" + server.getHostString() + "\", which has none");
        }
        return server;
    }

    /** This with another limit of the time for an answer, more than 0 and a minute at most. What was kept is not. */
    public Resolver within(Duration value) {
        return new Resolver(servers, TimeLimit.check("limit", value, LONGEST));
    }

    /** The limit of the time for an answer. */
    public Duration limit() {
        return limit;
    }

    /** The IPv4 addresses of a name. Completes always, within the limit. */
    public CompletableFuture<DnsAnswer> addresses(String name) {
        return cache.get(new DnsQuestion(name, DnsQuestion.Type.A));
    }

    /** The IPv6 addresses of a name. Completes always, within the limit. */
    public CompletableFuture<DnsAnswer> ipv6Addresses(String name) {
        return cache.get(new DnsQuestion(name, DnsQuestion.Type.AAAA));
    }

    /** The MX records of a domain: each a preference, a space and a host. Completes always, within the limit. */
    public CompletableFuture<DnsAnswer> mailExchangers(String domain) {
        return cache.get(new DnsQuestion(domain, DnsQuestion.Type.MX));
    }

    /** The names of an address (RFC 1035 §3.5), without a dot at the end. Completes always, within the limit. */
    public CompletableFuture<DnsAnswer> pointers(InetAddress address) {
        Objects.requireNonNull(address, "address");
        return cache.get(new DnsQuestion(ReverseMap.fromAddress(address).toString(), DnsQuestion.Type.PTR));
    }

    /** As {@link #addresses}, asking anew whatever is kept. */
    public CompletableFuture<DnsAnswer> addressesNow(String name) {
        return cache.getAnew(new DnsQuestion(name, DnsQuestion.Type.A));
    }

    /** The texts of a name, one char for each octet. Completes always, within the limit. */
    public CompletableFuture<DnsAnswer> texts(String name) {
        return cache.get(new DnsQuestion(name, DnsQuestion.Type.TXT));
    }
}
