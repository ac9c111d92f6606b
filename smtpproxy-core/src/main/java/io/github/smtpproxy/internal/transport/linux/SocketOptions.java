package io.github.smtpproxy.internal.transport.linux;

import java.nio.channels.Channel;
import java.util.Optional;
import java.util.function.Function;

/**
 * Options of sockets that the JDK does not know, {@code setsockopt(2)} and {@code getsockopt(2)}: by {@code
 * java.lang.foreign} on JDK 22 and later, else by JNA where that is on the class path. Any thread.
 */
public interface SocketOptions {

    /** Options of IPv4; IP_TRANSPARENT of them works for IPv6 too. */
    int SOL_IP = 0;
    /** Options of IPv6. */
    int SOL_IPV6 = 41;
    /** Addresses of others may be bound; settable with CAP_NET_RAW or CAP_NET_ADMIN. */
    int IP_TRANSPARENT = 19;
    /** Where a connection led before NAT, a {@code sockaddr}; of both levels. */
    int SO_ORIGINAL_DST = 80;

    /** Sets an option whose value is an int. Returns whether the system allows it. */
    boolean set(Channel channel, int level, int option, int value);

    /** An option's value, if there is one. */
    Optional<byte[]> get(Channel channel, int level, int option, int maxLength);

    /**
     * Those of this JVM.
     *
     * @param unavailable is given why there are none, and what would help
     */
    static SocketOptions find(Function<String, RuntimeException> unavailable) {
        Descriptors.unavailable().ifPresent(why -> {
            throw unavailable.apply(why);
        });
        Optional<String> notForeign = Libc.unavailable();
        if (notForeign.isEmpty()) {
            return new ForeignSocketOptions();
        }
        try {
            return new JnaSocketOptions();
        } catch (LinkageError missing) {
            throw unavailable.apply(notForeign.get() + ", or net.java.dev.jna:jna on the class path");
        }
    }
}
