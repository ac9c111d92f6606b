package io.github.smtpproxy.internal.wire;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What Postfix's XCLIENT and XFORWARD say about a client. What is empty was not said or is not known.
 *
 * @param name its host name
 * @param address its address
 * @param port its port
 * @param protocol {@code SMTP} or {@code ESMTP}
 * @param hello the name it gave with HELO or EHLO
 * @param login the name that it authenticated as
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

    private static final String UNAVAILABLE = "[UNAVAILABLE]";
    private static final List<String> XCLIENT =
            List.of("PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "NAME", "ADDR");
    private static final List<String> XFORWARD = List.of("PORT", "PROTO", "HELO", "IDENT", "SOURCE", "NAME", "ADDR");

    /**
     * Reads what follows {@code XCLIENT}.
     *
     * @throws IllegalArgumentException where it is not well formed; the message holds nothing of it and may stand in a 501
     */
    public static ClientAttributes parse(String argument) {
        return ClientAttributesParser.parse(argument);
    }

    /** These, and where nothing is said the others': one client may be told of in several commands. */
    public ClientAttributes over(ClientAttributes earlier) {
        return new ClientAttributes(
                name.or(earlier::name),
                address.or(earlier::address),
                port.or(earlier::port),
                protocol.or(earlier::protocol),
                hello.or(earlier::hello),
                login.or(earlier::login),
                localAddress.or(earlier::localAddress),
                localPort.or(earlier::localPort));
    }

    /**
     * The command lines, without line ends, that tell it; none where nothing is listed.
     *
     * @param listed the attributes, in upper case, that the destination's EHLO line lists
     */
    public List<String> xclient(Set<String> listed) {
        return lines("XCLIENT", XCLIENT, listed, this::value);
    }

    /**
     * The command lines, without line ends, that tell it for the next transaction; none where nothing is listed.
     *
     * @param ident what names the transaction in our log
     * @param listed the attributes, in upper case, that the destination's EHLO line lists
     */
    public List<String> xforward(String ident, Set<String> listed) {
        return lines("XFORWARD", XFORWARD, listed, attribute -> switch (attribute) {
            case "IDENT" -> Optional.of(ident);
            // It came by SMTP, from whatever address; LOCAL is mail that a host's own programs hand in.
            case "SOURCE" -> Optional.of("REMOTE");
            default -> value(attribute);
        });
    }

    private Optional<String> value(String attribute) {
        return switch (attribute) {
            case "NAME" -> name;
            case "ADDR" -> address.map(ClientAttributes::literal);
            case "PORT" -> port.map(String::valueOf);
            case "PROTO" -> protocol;
            case "HELO" -> hello;
            case "LOGIN" -> login;
            case "DESTADDR" -> localAddress.map(ClientAttributes::literal);
            case "DESTPORT" -> localPort.map(String::valueOf);
            default -> Optional.empty();
        };
    }

    private static String literal(InetAddress address) {
        return (address instanceof Inet6Address ? "IPV6:" : "") + IpLiteral.text(address);
    }

    /** NAME and ADDR stand together at the end: with them Postfix looks at its access rules. */
    private static List<String> lines(
            String verb, List<String> order, Set<String> listed, Function<String, Optional<String>> values) {
        List<String> lines = new ArrayList<>();
        StringBuilder last = new StringBuilder();
        for (String attribute : order) {
            if (listed.contains(attribute) && !attribute.equals("NAME") && !attribute.equals("ADDR")) {
                add(verb, text(verb, attribute, values), last, lines);
            }
        }
        String name = listed.contains("NAME") ? text(verb, "NAME", values) : "";
        String address = listed.contains("ADDR") ? text(verb, "ADDR", values) : "";
        add(verb, name + address, last, lines);
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

    /** A value that fits into no line is unavailable: cut, it would be another one. Room is left for ADDR behind NAME. */
    private static String text(String verb, String attribute, Function<String, Optional<String>> values) {
        String start = ' ' + attribute + '=';
        int room = LONGEST_LINE - verb.length() - start.length() - (attribute.equals("NAME") ? 64 : 0);
        return start
                + values.apply(attribute)
                        .filter(v -> !v.isEmpty())
                        .map(Xtext::encode)
                        .filter(v -> v.length() <= room)
                        .orElse(UNAVAILABLE);
    }
}
