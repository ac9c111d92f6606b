package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.IpLiteral;
import io.github.smtpproxy.protocol.Octets;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The attributes of a client as received in XCLIENT or XFORWARD commands. An attribute whose value is
 * {@code [UNAVAILABLE]} is not the same as one that was not received: it replaces a former value.
 */
public final class ReceivedAttributes {

    private static final Set<String> XCLIENT =
            Set.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT");
    private static final Set<String> XFORWARD = Set.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE");
    private static final Set<String> UNKNOWN_VALUES = Set.of("[UNAVAILABLE]", "[TEMPUNAVAIL]");
    private static final int MAX_VALUE = 255;
    private static final String IPV6 = "IPV6:";

    private final Map<String, Optional<String>> values;

    private ReceivedAttributes(Map<String, Optional<String>> values) {
        this.values = values;
    }

    /**
     * Reads the argument of XCLIENT.
     *
     * @throws IllegalArgumentException if it is malformed; the message contains nothing of it
     */
    public static ReceivedAttributes ofXclient(String argument) {
        ReceivedAttributes received = parse(argument, XCLIENT);
        received.get("PROTO").ifPresent(ReceivedAttributes::protocol);
        return received.checked();
    }

    /**
     * Reads the argument of XFORWARD.
     *
     * @throws IllegalArgumentException if it is malformed; the message contains nothing of it
     */
    public static ReceivedAttributes ofXforward(String argument) {
        ReceivedAttributes received = parse(argument, XFORWARD);
        received.get("SOURCE").ifPresent(ReceivedAttributes::source);
        return received.checked();
    }

    private static ReceivedAttributes parse(String argument, Set<String> known) {
        Map<String, Optional<String>> values = new HashMap<>();
        for (String pair : argument.split(" +", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? "" : pair.substring(0, equals).toUpperCase(Locale.ROOT);
            if (!known.contains(name)) {
                throw new IllegalArgumentException("Bad or unknown attribute");
            }
            if (values.put(name, value(name, pair.substring(equals + 1))) != null) {
                throw new IllegalArgumentException("Attribute " + name + " occurs twice");
            }
        }
        return new ReceivedAttributes(Map.copyOf(values));
    }

    private static Optional<String> value(String name, String xtext) {
        if (UNKNOWN_VALUES.contains(xtext.toUpperCase(Locale.ROOT))) {
            return Optional.empty();
        }
        return Xtext.decode(xtext, MAX_VALUE)
                .filter(v -> !v.isEmpty() && v.chars().noneMatch(c -> c < ' ' || c == 0x7f))
                .map(v -> name.equals("LOGIN") ? login(v) : v)
                .or(() -> {
                    throw bad(name);
                });
    }

    private static String login(String octets) {
        return Octets.decodeStrictly(octets)
                .filter(text -> text.chars().noneMatch(Character::isISOControl))
                .orElseThrow(() -> bad("LOGIN"));
    }

    /** Parses addresses and ports, which fails for a malformed one. */
    private ReceivedAttributes checked() {
        applyTo(ClientAttributes.NONE);
        return this;
    }

    /** Whether this attribute was received, even with the value {@code [UNAVAILABLE]}. */
    public boolean contains(String attribute) {
        return values.containsKey(attribute);
    }

    /** The value; empty if it is unavailable or the attribute was not received. */
    public Optional<String> get(String attribute) {
        return values.getOrDefault(attribute, Optional.empty());
    }

    /** These attributes and those of a later command about the same client, which take precedence. */
    public ReceivedAttributes merge(ReceivedAttributes later) {
        Map<String, Optional<String>> both = new HashMap<>(values);
        both.putAll(later.values);
        return new ReceivedAttributes(both);
    }

    /**
     * The client that these attributes describe. As in Postfix, name, address, port and local end keep their former values
     * unless they were received; protocol, hello and login do not. After a new address the former name and port are unknown.
     */
    public ClientAttributes applyTo(ClientAttributes former) {
        boolean moved = contains("ADDR");
        return new ClientAttributes(
                or("NAME", n -> n, former.name().filter(n -> !moved)),
                or("ADDR", address("ADDR"), former.address()).filter(a -> !a.isAnyLocalAddress()),
                or("PORT", port("PORT"), former.port().filter(p -> !moved)),
                get("PROTO").map(p -> p.toUpperCase(Locale.ROOT)),
                get("HELO"),
                get("LOGIN"),
                or("DESTADDR", address("DESTADDR"), former.localAddress()).filter(a -> !a.isAnyLocalAddress()),
                or("DESTPORT", port("DESTPORT"), former.localPort().filter(p -> !contains("DESTADDR"))));
    }

    private <T> Optional<T> or(String attribute, Function<String, T> read, Optional<T> former) {
        return contains(attribute) ? get(attribute).map(read) : former;
    }

    private static void protocol(String value) {
        if (!value.equalsIgnoreCase("SMTP") && !value.equalsIgnoreCase("ESMTP")) {
            throw bad("PROTO");
        }
    }

    private static void source(String value) {
        if (!value.equalsIgnoreCase("LOCAL") && !value.equalsIgnoreCase("REMOTE")) {
            throw bad("SOURCE");
        }
    }

    private static Function<String, Integer> port(String name) {
        return digits -> {
            if (!digits.matches("0|[1-9]\\d{0,4}") || Integer.parseInt(digits) > 0xffff) {
                throw bad(name);
            }
            return Integer.valueOf(digits);
        };
    }

    private static Function<String, InetAddress> address(String name) {
        return literal -> {
            boolean ipv6 = literal.regionMatches(true, 0, IPV6, 0, IPV6.length());
            return (ipv6 ? IpLiteral.ipv6(literal.substring(IPV6.length())) : IpLiteral.ipv4(literal))
                    .orElseThrow(() -> bad(name));
        };
    }

    private static IllegalArgumentException bad(String name) {
        return new IllegalArgumentException("Bad value of " + name);
    }
}
