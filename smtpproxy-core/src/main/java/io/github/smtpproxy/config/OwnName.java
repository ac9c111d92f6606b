package io.github.smtpproxy.config;

import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.IpLiteral;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;

/** The name by which the proxy calls itself in SMTP. */
public final class OwnName {

    private OwnName() {}

    /** This machine's name; {@code localhost} if it has none that is a host name. */
    public static String ofMachine() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return isHost(name) ? name : "localhost";
        } catch (UnknownHostException unnamed) {
            return "localhost";
        }
    }

    /**
     * Gives the setting {@code hostname} back, if it is a domain name, an IP address or an address literal (RFC 5321
     * §4.1.3).
     *
     * @throws IllegalArgumentException if it is none
     */
    public static String check(String hostname) {
        Objects.requireNonNull(hostname, "hostname");
        if (!isHost(hostname) && !isLiteral(hostname)) {
            throw new IllegalArgumentException(
                    "hostname must be a domain name or an address literal, was \"" + hostname + "\"");
        }
        return hostname;
    }

    private static boolean isHost(String value) {
        return HostName.isValid(value) || IpLiteral.parse(value).isPresent();
    }

    private static boolean isLiteral(String value) {
        return value.startsWith("[")
                && value.endsWith("]")
                && IpLiteral.parse(value.substring(1, value.length() - 1).replaceFirst("^(?i:IPv6:)(?=.*:)", ""))
                        .isPresent();
    }
}
