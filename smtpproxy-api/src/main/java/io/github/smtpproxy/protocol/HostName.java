package io.github.smtpproxy.protocol;

import java.util.Objects;
import java.util.regex.Pattern;

/** The form of host names. Nothing is looked up in the DNS. */
public final class HostName {

    private static final String LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
    private static final Pattern NAME = Pattern.compile("(?=.{1,253}\\.?$)" + LABEL + "(\\." + LABEL + ")*\\.?");
    private static final Pattern NUMERIC = Pattern.compile("(.*\\.)?[0-9]+\\.?");
    private static final Pattern ZONE = Pattern.compile("%[A-Za-z0-9._-]{1,64}$");

    private HostName() {}

    /**
     * Whether this is a domain name: labels of letters, digits and hyphens, at most 253 octets, with or without a dot at the
     * end. Underscores are allowed, which container names have. The last label must not be a number, or the name would be
     * read as an IPv4 address.
     */
    public static boolean isValid(String name) {
        Objects.requireNonNull(name, "name");
        return NAME.matcher(name).matches() && !NUMERIC.matcher(name).matches();
    }

    /** Whether this is a domain name, an IPv4 address, or an IPv6 address with or without a zone (RFC 4007 §11). */
    public static boolean isValidOrAddress(String host) {
        Objects.requireNonNull(host, "host");
        String address = host.indexOf(':') < 0 ? host : ZONE.matcher(host).replaceFirst("");
        return isValid(host) || IpLiteral.parse(address).isPresent();
    }
}
