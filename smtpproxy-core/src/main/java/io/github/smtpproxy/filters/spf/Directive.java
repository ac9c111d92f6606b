package io.github.smtpproxy.filters.spf;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filters.spf.SpfResult.Code;
import io.github.smtpproxy.protocol.IpLiteral;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A mechanism and what its match means (RFC 7208 §4.6.1). Immutable.
 *
 * @param domain what stands behind the colon; empty for the domain of the record
 * @param network of ip4 and ip6; empty where there is none, and where no address can be in it
 * @param ipv4Prefix leading bits of addresses that count
 * @param text as it is written
 */
record Directive(
        Code result,
        Mechanism mechanism,
        Optional<MacroString> domain,
        Optional<AddressRange> network,
        int ipv4Prefix,
        int ipv6Prefix,
        String text) {

    private static final Pattern FORM = Pattern.compile("([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(.*)");
    private static final Pattern TARGET = Pattern.compile("(?::(.+?))?(/\\d+)?(//\\d+)?");
    private static final Pattern NETWORK = Pattern.compile(":([0-9A-Fa-f.:]+)(/.*)?");

    /** What a directive looks at (§5). */
    enum Mechanism {
        ALL(false),
        INCLUDE(true),
        A(true),
        MX(true),
        PTR(true),
        IP4(false),
        IP6(false),
        EXISTS(true);

        private final boolean asks;

        Mechanism(boolean asks) {
            this.asks = asks;
        }

        /** Whether it counts as one that asks the DNS (§4.6.4). */
        boolean asks() {
            return asks;
        }

        static Mechanism named(String name) {
            return Arrays.stream(values())
                    .filter(m -> m.name().equals(name.toUpperCase(Locale.ROOT)))
                    .findFirst()
                    .orElseThrow(() -> SpfException.permanent("no mechanism: " + name));
        }
    }

    static Directive parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw SpfException.permanent("no mechanism: " + text);
        }
        Code result = switch (m.group(1)) {
            case "-" -> Code.FAIL;
            case "~" -> Code.SOFTFAIL;
            case "?" -> Code.NEUTRAL;
            default -> Code.PASS;
        };
        Mechanism mechanism = Mechanism.named(m.group(2));
        String rest = m.group(3);
        return switch (mechanism) {
            case ALL -> {
                require(rest.isEmpty(), text);
                yield of(result, mechanism, Optional.empty(), text);
            }
            case IP4, IP6 -> ofNetwork(result, mechanism, rest, text);
            case A, MX -> ofTarget(result, mechanism, rest, text);
            case PTR ->
                of(result, mechanism, rest.isEmpty() ? Optional.empty() : Optional.of(behind(rest, text)), text);
            case INCLUDE, EXISTS -> of(result, mechanism, Optional.of(behind(rest, text)), text);
        };
    }

    private static Directive of(Code result, Mechanism mechanism, Optional<MacroString> domain, String text) {
        return new Directive(result, mechanism, domain, Optional.empty(), 32, 128, text);
    }

    private static MacroString behind(String rest, String text) {
        require(rest.startsWith(":"), text);
        return MacroString.name(rest.substring(1));
    }

    private static Directive ofTarget(Code result, Mechanism mechanism, String rest, String text) {
        Matcher m = TARGET.matcher(rest);
        require(m.matches(), text);
        return new Directive(
                result,
                mechanism,
                Optional.ofNullable(m.group(1)).map(MacroString::name),
                Optional.empty(),
                m.group(2) == null ? 32 : prefix(m.group(2).substring(1), 32, text),
                m.group(3) == null ? 128 : prefix(m.group(3).substring(2), 128, text),
                text);
    }

    private static Directive ofNetwork(Code result, Mechanism mechanism, String rest, String text) {
        Matcher m = NETWORK.matcher(rest);
        require(m.matches(), text);
        boolean four = mechanism == Mechanism.IP4;
        Optional<InetAddress> address = four ? IpLiteral.ipv4(m.group(1)) : IpLiteral.ipv6(m.group(1));
        require(address.isPresent(), text);
        int bits = four ? 32 : 128;
        int prefix = m.group(2) == null ? bits : prefix(m.group(2).substring(1), bits, text);
        // IPv4 in IPv6's clothes is no IPv6 address (§5): the client's would have been taken for IPv4
        Optional<AddressRange> network =
                address.filter(a -> four || a instanceof Inet6Address).map(a -> AddressRange.around(a, prefix));
        return new Directive(result, mechanism, Optional.empty(), network, bits, bits, text);
    }

    private static int prefix(String digits, int most, String text) {
        require(digits.matches("0|[1-9]\\d{0,2}"), text);
        int prefix = Integer.parseInt(digits);
        require(prefix <= most, text);
        return prefix;
    }

    private static void require(boolean wellFormed, String text) {
        if (!wellFormed) {
            throw SpfException.permanent("no mechanism: " + text);
        }
    }
}
