package io.github.smtpproxy.filters;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.session.Session;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Kinds of clients, such as those that a filter exempts. A client whose address is unknown is none of these but logged in. */
public final class Clients {

    /** Loopback, RFC 1918, RFC 3927, RFC 4193 and IPv6's link-local addresses. */
    private static final List<AddressRange> LOCAL = Stream.of(
                    "127.0.0.0/8",
                    "::1",
                    "10.0.0.0/8",
                    "172.16.0.0/12",
                    "192.168.0.0/16",
                    "169.254.0.0/16",
                    "fc00::/7",
                    "fe80::/10")
            .map(AddressRange::parse)
            .toList();

    private Clients() {}

    /** Those whom filters exempt by default: {@link #local} and {@link #authenticated}. */
    public static Predicate<Session> trusted() {
        return local().or(authenticated());
    }

    /** Clients with a loopback, private or link-local address. */
    public static Predicate<Session> local() {
        return in(LOCAL);
    }

    /** Clients that have logged in, here or at the destination. */
    public static Predicate<Session> authenticated() {
        return Session::authenticated;
    }

    /** Clients in one of these ranges. */
    public static Predicate<Session> in(List<AddressRange> ranges) {
        Objects.requireNonNull(ranges, "ranges");
        List<AddressRange> copy = List.copyOf(ranges);
        return session -> isIn(copy, session.remoteAddress().getAddress());
    }

    /** No client. */
    public static Predicate<Session> none() {
        return session -> false;
    }

    private static boolean isIn(List<AddressRange> ranges, InetAddress address) {
        return !address.isAnyLocalAddress() && ranges.stream().anyMatch(r -> r.contains(address));
    }
}
