package io.github.smtpproxy.route;

import java.net.InetAddress;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The name in EHLO or HELO to a destination: a text in which {@code {client}} stands for the name that the client sent,
 * {@code {proxy}} for the proxy's host name, and {@code {address}} for the client's address with hyphens. Immutable.
 *
 * @param template printable US-ASCII without spaces
 */
public record HelloName(String template) {

    private static final String CLIENT = "{client}";
    private static final String ADDRESS = "{address}";
    private static final Pattern NO_NAME = Pattern.compile("[^A-Za-z0-9.-]");
    private static final Pattern NO_DIGIT = Pattern.compile("[^A-Fa-f0-9]");

    /** Checks the template. */
    public HelloName {
        Objects.requireNonNull(template, "helloName");
        if (template.isEmpty() || template.length() > 255 || !template.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            throw new IllegalArgumentException(
                    "helloName must be 1 to 255 printable characters without spaces, was \"" + template + "\"");
        }
    }

    /** The name that the client sent, octet for octet. */
    public static HelloName client() {
        return new HelloName(CLIENT);
    }

    /** The proxy's own host name. */
    public static HelloName own() {
        return new HelloName("{proxy}");
    }

    /** A name, or a template for one. */
    public static HelloName of(String template) {
        return new HelloName(template);
    }

    /** The name for this client. */
    public String text(String clientSent, InetAddress client, String proxy) {
        Objects.requireNonNull(clientSent, "clientSent");
        Objects.requireNonNull(client, "client");
        Objects.requireNonNull(proxy, "proxy");
        if (template.equals(CLIENT)) {
            return clientSent;
        }
        String name = template.replace("{proxy}", proxy);
        if (name.contains(ADDRESS)) {
            name = name.replace(
                    ADDRESS, NO_DIGIT.matcher(client.getHostAddress()).replaceAll("-"));
        }
        if (name.contains(CLIENT)) {
            // within a name only what a name may have
            String cleaned = NO_NAME.matcher(clientSent).replaceAll("-");
            name = name.replace(CLIENT, cleaned.isEmpty() ? "unknown" : cleaned);
        }
        return name.length() > 255 ? name.substring(0, 255) : name;
    }
}
