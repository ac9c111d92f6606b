package io.github.smtpproxy.internal.wire;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the attributes of an XCLIENT command. */
final class ClientAttributesParser {

    private static final Set<String> KNOWN =
            Set.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT");
    private static final Set<String> UNKNOWN_VALUES = Set.of("[UNAVAILABLE]", "[TEMPUNAVAIL]");
    private static final int LONGEST_VALUE = 255;
    private static final String IPV6 = "IPV6:";

    private ClientAttributesParser() {}

    static ClientAttributes parse(String argument) {
        Map<String, Optional<String>> values = new HashMap<>();
        for (String pair : argument.split(" +", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? "" : pair.substring(0, equals).toUpperCase(Locale.ROOT);
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException("Bad or unknown attribute");
            }
            if (values.put(name, value(name, pair.substring(equals + 1))) != null) {
                throw new IllegalArgumentException("Attribute " + name + " is there twice");
            }
        }
        return attributes(values);
    }

    private static Optional<String> value(String name, String xtext) {
        if (UNKNOWN_VALUES.contains(xtext.toUpperCase(Locale.ROOT))) {
            return Optional.empty();
        }
        return Xtext.decode(xtext, LONGEST_VALUE)
                .filter(v -> !v.isEmpty() && v.chars().noneMatch(c -> c < ' ' || c == 0x7f))
                .or(() -> {
                    throw bad(name);
                });
    }

    private static ClientAttributes attributes(Map<String, Optional<String>> values) {
        return new ClientAttributes(
                get(values, "NAME"),
                address(values, "ADDR"),
                port(values, "PORT"),
                get(values, "PROTO").map(ClientAttributesParser::protocol),
                get(values, "HELO"),
                get(values, "LOGIN"),
                address(values, "DESTADDR"),
                port(values, "DESTPORT"));
    }

    private static Optional<String> get(Map<String, Optional<String>> values, String name) {
        return values.getOrDefault(name, Optional.empty());
    }

    private static String protocol(String value) {
        String protocol = value.toUpperCase(Locale.ROOT);
        if (!protocol.equals("SMTP") && !protocol.equals("ESMTP")) {
            throw bad("PROTO");
        }
        return protocol;
    }

    private static Optional<Integer> port(Map<String, Optional<String>> values, String name) {
        return get(values, name).map(digits -> {
            if (!digits.matches("0|[1-9]\\d{0,4}") || Integer.parseInt(digits) > 0xffff) {
                throw bad(name);
            }
            return Integer.valueOf(digits);
        });
    }

    private static Optional<InetAddress> address(Map<String, Optional<String>> values, String name) {
        return get(values, name).map(literal -> {
            boolean ipv6 = literal.regionMatches(true, 0, IPV6, 0, IPV6.length());
            return (ipv6 ? IpLiteral.ipv6(literal.substring(IPV6.length())) : IpLiteral.ipv4(literal))
                    .orElseThrow(() -> bad(name));
        });
    }

    private static IllegalArgumentException bad(String name) {
        return new IllegalArgumentException("Bad value of " + name);
    }
}
