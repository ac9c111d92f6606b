package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.IpLiteral;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * What Postfix's XCLIENT and XFORWARD say about a client. What is empty is not known.
 *
 * @param name its host name, one char for each octet
 * @param address its address
 * @param port its port; 0 is none
 * @param protocol {@code SMTP} or {@code ESMTP}
 * @param hello the name it gave with HELO or EHLO, one char for each octet
 * @param login the name that it authenticated as, as text
 * @param localAddress where it connected to
 * @param localPort the port that it connected to
 */
public record ClientAttributes(
        Optional<String> name,
        Optional<InetAddress> address,
        Optional<Integer> port,
        Optional<String> protocol,
        Optional<String> hello,
        Optional<String> login,
        Optional<InetAddress> localAddress,
        Optional<Integer> localPort) {

    /** Nothing is known. */
    public static final ClientAttributes NONE = new ClientAttributes(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** A command line with its CRLF (RFC 5321 §4.5.3.1.4). */
    private static final int LONGEST_LINE = 512 - 2;

    /** Postfix refuses more, counted in xtext. */
    private static final int LONGEST_VALUE = 255;

    /** Postfix refuses what is none, and with it all that stands in the same command. */
    private static final Pattern HOST_NAME = Pattern.compile(
            "(?=.*[A-Za-z_-])[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*");

    private static final String UNAVAILABLE = "[UNAVAILABLE]";
    private static final List<String> XCLIENT = List.of("PORT", "PROTO", "HELO", "DESTADDR", "DESTPORT");
    private static final List<String> XFORWARD = List.of("PORT", "PROTO", "HELO", "IDENT", "SOURCE");

    /** What is known of a client by its connection. */
    public static ClientAttributes of(InetSocketAddress remote, InetSocketAddress local) {
        return new ClientAttributes(
                Optional.empty(),
                known(remote),
                Optional.of(remote.getPort()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                known(local),
                Optional.of(local.getPort()));
    }

    /**
     * Reads what follows {@code XCLIENT}.
     *
     * @throws IllegalArgumentException where it is not well formed; the message holds nothing of it and may stand in a 501
     */
    public static ClientAttributes parse(String argument) {
        return ReceivedAttributes.ofXclient(argument).applyTo(NONE);
    }

    /** Where the client is; {@link UnknownAddress} if nobody knows. */
    public InetSocketAddress remote() {
        return UnknownAddress.orElse(address, port);
    }

    /** Where it connected to; {@link UnknownAddress} if nobody knows. */
    public InetSocketAddress local() {
        return UnknownAddress.orElse(localAddress, localPort);
    }

    private static Optional<InetAddress> known(InetSocketAddress endpoint) {
        return Optional.of(endpoint.getAddress()).filter(a -> !a.isAnyLocalAddress());
    }

    /** These, of a client that introduced itself so. */
    public ClientAttributes introduced(Hello as) {
        String by = as.extended() ? "ESMTP" : "SMTP";
        return new ClientAttributes(
                name, address, port, Optional.of(by), Optional.of(as.name()), login, localAddress, localPort);
    }

    /** These, of a client that logged in, or did not. */
    public ClientAttributes loggedIn(Optional<String> as) {
        return new ClientAttributes(name, address, port, protocol, hello, as, localAddress, localPort);
    }

    /**
     * The command lines, without line ends, that tell it; none where nothing is listed.
     *
     * @param listed the attributes, in upper case, that the destination's EHLO line lists
     */
    public List<String> xclient(Set<String> listed) {
        return lines("XCLIENT", XCLIENT, listed, this::value);
    }

    /** As the other, of a client that came by SMTP from whatever address. */
    public List<String> xforward(String ident, Set<String> listed) {
        return xforward(ident, "REMOTE", listed);
    }

    /**
     * The command lines, without line ends, that tell it for the next transaction; none where nothing is listed.
     *
     * @param ident what names the transaction in a log
     * @param source {@code REMOTE}, or {@code LOCAL} for mail that a host's own programs hand in
     * @param listed the attributes, in upper case, that the destination's EHLO line lists
     */
    public List<String> xforward(String ident, String source, Set<String> listed) {
        return lines("XFORWARD", XFORWARD, listed, attribute -> switch (attribute) {
            case "IDENT" -> Optional.of(ident);
            case "SOURCE" -> Optional.of(source);
            default -> value(attribute);
        });
    }

    private Optional<String> value(String attribute) {
        return switch (attribute) {
            case "NAME" -> name.filter(n -> HOST_NAME.matcher(n).matches());
            case "ADDR" -> address.map(ClientAttributes::literal);
            case "PORT" -> port.filter(p -> p != 0).map(String::valueOf);
            case "PROTO" -> protocol;
            // cut it says no less; a name that rules look at, or a login, would be another one
            case "HELO" -> hello.map(h -> h.substring(0, Math.min(h.length(), LONGEST_VALUE)));
            case "LOGIN" -> login.map(ClientAttributes::utf8);
            case "DESTADDR" -> localAddress.map(ClientAttributes::literal);
            case "DESTPORT" -> localPort.filter(p -> p != 0).map(String::valueOf);
            default -> Optional.empty();
        };
    }

    private static String literal(InetAddress address) {
        return (address instanceof Inet6Address ? "IPV6:" : "") + IpLiteral.text(address);
    }

    private static String utf8(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /**
     * ADDR comes last: behind it Postfix may not take another XCLIENT from us, for it counts as the client's. LOGIN and NAME
     * stand with it, for each XCLIENT makes Postfix forget the login, and with both it looks at its access rules.
     */
    private static List<String> lines(
            String verb, List<String> order, Set<String> listed, Function<String, Optional<String>> values) {
        Function<String, String> texts = a -> listed.contains(a) ? text(a, values) : "";
        String login = verb.equals("XCLIENT") ? texts.apply("LOGIN") : "";
        String name = texts.apply("NAME");
        String address = texts.apply("ADDR");
        List<String> lines = new ArrayList<>();
        StringBuilder last = new StringBuilder();
        order.forEach(attribute -> add(verb, texts.apply(attribute), last, lines));
        if (verb.length() + login.length() + name.length() + address.length() > LONGEST_LINE) {
            add(verb, name, last, lines);
            name = "";
        }
        add(verb, login + name + address, last, lines);
        if (!last.isEmpty()) {
            lines.add(verb + last);
        }
        return List.copyOf(lines);
    }

    private static void add(String verb, String text, StringBuilder last, List<String> lines) {
        if (!last.isEmpty() && verb.length() + last.length() + text.length() > LONGEST_LINE) {
            lines.add(verb + last);
            last.setLength(0);
        }
        last.append(text);
    }

    private static String text(String attribute, Function<String, Optional<String>> values) {
        return ' '
                + attribute
                + '='
                + values.apply(attribute)
                        .filter(v -> !v.isEmpty())
                        .map(Xtext::encode)
                        .filter(v -> v.length() <= LONGEST_VALUE)
                        .orElse(UNAVAILABLE);
    }
}
