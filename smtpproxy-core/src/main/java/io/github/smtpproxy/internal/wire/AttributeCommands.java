package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.IpLiteral;
import io.github.smtpproxy.protocol.Octets;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Writes the XCLIENT or XFORWARD commands that announce a client to a Postfix destination: as few lines as the limit of a
 * command line allows. Attributes that are unknown are announced as {@code [UNAVAILABLE]}, or Postfix would use those of the
 * connection, which are the proxy's. Used for one announcement.
 */
final class AttributeCommands {

    /** RFC 5321 §4.5.3.1.4, without CRLF. */
    private static final int MAX_LINE = 512 - 2;

    /** Postfix rejects a longer value, counted in xtext. */
    private static final int MAX_VALUE = 255;

    private static final String UNAVAILABLE = "[UNAVAILABLE]";
    private static final List<String> XCLIENT = List.of("PORT", "PROTO", "HELO", "DESTADDR", "DESTPORT");
    private static final List<String> XFORWARD = List.of("PORT", "PROTO", "HELO", "IDENT", "SOURCE");

    private final String verb;
    private final Set<String> listed;
    private final Function<String, Optional<String>> values;
    private final List<String> lines = new ArrayList<>();
    private final StringBuilder line = new StringBuilder();

    private AttributeCommands(String verb, Set<String> listed, Function<String, Optional<String>> values) {
        this.verb = verb;
        this.listed = listed;
        this.values = values;
    }

    static List<String> xclient(ClientAttributes client, Set<String> listed) {
        return new AttributeCommands("XCLIENT", listed, name -> value(client, name)).lines(XCLIENT, "LOGIN");
    }

    static List<String> xforward(ClientAttributes client, String ident, String source, Set<String> listed) {
        return new AttributeCommands("XFORWARD", listed, name -> switch (name) {
                    case "IDENT" -> Optional.of(ident);
                    case "SOURCE" -> Optional.of(source);
                    default -> value(client, name);
                })
                .lines(XFORWARD, "");
    }

    private static Optional<String> value(ClientAttributes client, String name) {
        return switch (name) {
            case "NAME" -> client.name().filter(AttributeCommands::isHostName);
            case "ADDR" -> client.address().map(AttributeCommands::literal);
            case "PORT" -> client.port().filter(p -> p != 0).map(String::valueOf);
            case "PROTO" -> client.protocol();
            // may be cut, unlike NAME and LOGIN, which would then name somebody else
            case "HELO" -> client.hello().map(h -> h.substring(0, Math.min(h.length(), MAX_VALUE)));
            case "LOGIN" -> client.login().map(Octets::encode);
            case "DESTADDR" -> client.localAddress().map(AttributeCommands::literal);
            case "DESTPORT" -> client.localPort().filter(p -> p != 0).map(String::valueOf);
            default -> Optional.empty();
        };
    }

    /** Postfix rejects the whole command for a name that is none to it. */
    private static boolean isHostName(String name) {
        return HostName.isValid(name) && !name.endsWith(".");
    }

    private static String literal(InetAddress address) {
        return (address instanceof Inet6Address ? "IPV6:" : "") + IpLiteral.text(address);
    }

    /**
     * ADDR is in the last line: after it, Postfix judges whether the announced client, not the proxy, may send XCLIENT. LOGIN
     * and NAME are in the same line, because each XCLIENT resets the login, and Postfix's access rules look at both.
     */
    private List<String> lines(List<String> first, String login) {
        first.forEach(name -> add(text(name)));
        String last = text(login) + text("NAME") + text("ADDR");
        if (verb.length() + last.length() > MAX_LINE) {
            add(text("NAME"));
            last = text(login) + text("ADDR");
        }
        add(last);
        if (!line.isEmpty()) {
            lines.add(verb + line);
        }
        return List.copyOf(lines);
    }

    private void add(String text) {
        if (!line.isEmpty() && verb.length() + line.length() + text.length() > MAX_LINE) {
            lines.add(verb + line);
            line.setLength(0);
        }
        line.append(text);
    }

    /** Space, name and value; empty if the destination does not list the attribute. */
    private String text(String name) {
        if (!listed.contains(name)) {
            return "";
        }
        String value = values.apply(name)
                .filter(v -> !v.isEmpty())
                .map(Xtext::encode)
                .filter(v -> v.length() <= MAX_VALUE)
                .orElse(UNAVAILABLE);
        return ' ' + name + '=' + value;
    }
}
