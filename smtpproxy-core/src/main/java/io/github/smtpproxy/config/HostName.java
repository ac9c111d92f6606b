package io.github.smtpproxy.config;

import io.github.smtpproxy.protocol.IpLiteral;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.regex.Pattern;

/** The form of a host name. Nothing is looked up but this machine's own. */
final class HostName {

    private static final String LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
    private static final Pattern NAME = Pattern.compile("(?=.{1,253}\\.?$)" + LABEL + "(\\." + LABEL + ")*\\.?");
    private static final Pattern NUMERIC = Pattern.compile("(.*\\.)?[0-9]+\\.?");

    private HostName() {}

    /** A domain name, as containers have it with underscores too, or an IP address. */
    static String checkHost(String setting, String value) {
        Objects.requireNonNull(value, setting);
        return check(isHost(value), setting, "a domain name or an IP address", value);
    }

    /** As {@link #checkHost}, or an address literal of RFC 5321 §4.1.3. */
    static String checkHostOrLiteral(String setting, String value) {
        Objects.requireNonNull(value, setting);
        return check(isHost(value) || isLiteral(value), setting, "a domain name or an address literal", value);
    }

    /** This machine's name; {@code localhost} where it has none that is a host name. */
    static String own() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return isHost(name) ? name : "localhost";
        } catch (UnknownHostException unnamed) {
            return "localhost";
        }
    }

    private static String check(boolean good, String setting, String form, String value) {
        if (!good) {
            throw new IllegalArgumentException(setting + " must be " + form + ", was \"" + value + "\"");
        }
        return value;
    }

    private static boolean isHost(String value) {
        return NAME.matcher(value).matches() && !NUMERIC.matcher(value).matches()
                || IpLiteral.parse(value).isPresent();
    }

    private static boolean isLiteral(String value) {
        return value.startsWith("[")
                && value.endsWith("]")
                && IpLiteral.parse(value.substring(1, value.length() - 1).replaceFirst("^(?i:IPv6:)(?=.*:)", ""))
                        .isPresent();
    }
}
