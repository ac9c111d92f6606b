package io.github.smtpproxy.route;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.regex.Pattern;

/** What a host can be called: a domain name, as containers have it with underscores too, or an IP address. */
final class HostForm {

    private static final Pattern NAME = Pattern.compile(
            "(?=.{1,253}\\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\\.?");

    private static final Pattern NUMERIC = Pattern.compile("(.*\\.)?[0-9]+\\.?");
    private static final Pattern IPV4 =
            Pattern.compile("(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]{2,45}");
    private static final Pattern ZONE = Pattern.compile("%[A-Za-z0-9._-]{1,64}$");

    private HostForm() {}

    /** Looks nothing up. */
    static void check(String setting, String host) {
        Objects.requireNonNull(host, setting);
        boolean good = host.indexOf(':') >= 0
                ? isIpv6(host)
                : NUMERIC.matcher(host).matches()
                        ? IPV4.matcher(host).matches()
                        : NAME.matcher(host).matches();
        if (!good) {
            throw new IllegalArgumentException(
                    setting + " must be a domain name or an IP address, was \"" + host + "\"");
        }
    }

    private static boolean isIpv6(String host) {
        String address = ZONE.matcher(host).replaceFirst("");
        if (!IPV6.matcher(address).matches()) {
            return false;
        }
        try {
            // in brackets the JDK takes it for an IPv6 address or fails: there is no lookup
            InetAddress.getByName("[" + address + "]");
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
