package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.IpLiteral;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What one XCLIENT or XFORWARD command says of a client. What is said to be unavailable is not the same as not said. */
public final class ReceivedAttributes {

    private static final Set<String> XCLIENT =
            Set.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT");
    private static final Set<String> XFORWARD = Set.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE");
    private static final Set<String> UNKNOWN_VALUES = Set.of("[UNAVAILABLE]", "[TEMPUNAVAIL]");
    private static final int LONGEST_VALUE = 255;
    private static final String IPV6 = "IPV6:";

    private final Map<String, Optional<String>> values;

    private ReceivedAttributes(Map<String, Optional<String>> values) {
        this.values = values;
    }

    /**
     * Reads what follows {@code XCLIENT}.
     *
     * @throws IllegalArgumentException where it is not well formed; the message holds nothing of it
     */
    public static ReceivedAttributes ofXclient(String argument) {
        ReceivedAttributes said = parse(argument, XCLIENT);
        said.get("PROTO").ifPresent(ReceivedAttributes::protocol);
        return said.checked();
    }

    /**
     * Reads what follows {@code XFORWARD}.
     *
     * @throws IllegalArgumentException where it is not well formed; the message holds nothing of it
     */
    public static ReceivedAttributes ofXforward(String argument) {
        ReceivedAttributes said = parse(argument, XFORWARD);
        said.get("SOURCE").ifPresent(ReceivedAttributes::source);
        return said.checked();
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
                throw new IllegalArgumentException("Attribute " + name + " is there twice");
            }
        }
        return new ReceivedAttributes(Map.copyOf(values));
    }

    private static Optional<String> value(String name, String xtext) {
        if (UNKNOWN_VALUES.contains(xtext.toUpperCase(Locale.ROOT))) {
            return Optional.empty();
        }
        return Xtext.decode(xtext, LONGEST_VALUE)
                .filter(v -> !v.isEmpty() && v.chars().noneMatch(c -> c < ' ' || c == 0x7f))
                .map(v -> name.equals("LOGIN") ? text(v) : v)
                .or(() -> {
                    throw bad(name);
                });
    }

    private static String text(String octets) {
        try {
            ByteBuffer utf8 = ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1));
            String text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
            if (text.chars().anyMatch(Character::isISOControl)) {
                throw bad("LOGIN");
            }
            return text;
        } catch (CharacterCodingException notUtf8) {
            throw bad("LOGIN");
        }
    }

    private ReceivedAttributes checked() {
        applyTo(ClientAttributes.NONE);
        return this;
    }

    /** Whether it says anything of this attribute, be it that its value is unavailable. */
    public boolean contains(String attribute) {
        return values.containsKey(attribute);
    }

    /** The value; empty if it is unavailable or not said. */
    public Optional<String> get(String attribute) {
        return values.getOrDefault(attribute, Optional.empty());
    }

    /** This, and what is said behind it of the same client. */
    public ReceivedAttributes merge(ReceivedAttributes later) {
        Map<String, Optional<String>> both = new HashMap<>(values);
        both.putAll(later.values);
        return new ReceivedAttributes(both);
    }

    /**
     * Who the client is of whom this is said. As with Postfix, where the connection comes from stays what it was if nothing
     * is said of it; but another address has neither the name nor the port of the former.
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

    private <T> Optional<T> or(String attribute, Function<String, T> read, Optional<T> earlier) {
        return contains(attribute) ? get(attribute).map(read) : earlier;
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
