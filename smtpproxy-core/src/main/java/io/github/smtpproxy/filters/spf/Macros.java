package io.github.smtpproxy.filters.spf;

import io.github.smtpproxy.protocol.IpLiteral;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The values of macros (RFC 7208 §7.2). Used by one thread. */
final class Macros {

    private static final int MAX_NAME = 253;

    private final InetAddress client;
    private final String local;
    private final String senderDomain;
    private final String hello;
    private final Questions questions;

    /** @param hello the name in the client's EHLO or HELO */
    Macros(InetAddress client, String local, String senderDomain, String hello, Questions questions) {
        this.client = client;
        this.local = local;
        this.senderDomain = senderDomain;
        this.hello = hello;
        this.questions = questions;
    }

    /** A name, of which labels at the left are cut where it is too long (§7.3). */
    String name(MacroString spec, String domain) {
        String name = text(spec, domain);
        if (name.endsWith(".")) {
            name = name.substring(0, name.length() - 1);
        }
        while (name.length() > MAX_NAME && name.indexOf('.') >= 0) {
            name = name.substring(name.indexOf('.') + 1);
        }
        return name;
    }

    String text(MacroString text, String domain) {
        return text.expand(letter -> value(letter, domain));
    }

    private String value(char letter, String domain) {
        return switch (letter) {
            case 's' -> local + "@" + senderDomain;
            case 'l' -> local;
            case 'o' -> senderDomain;
            case 'd' -> domain;
            case 'i' -> dotted();
            case 'p' -> pointer(domain);
            case 'v' -> client instanceof Inet4Address ? "in-addr" : "ip6";
            case 'h' -> hello;
            case 'c' -> IpLiteral.text(client);
            case 't' -> String.valueOf(Instant.now().getEpochSecond());
            default -> "unknown"; // r, our own name, which strangers need not know
        };
    }

    private String dotted() {
        if (client instanceof Inet4Address) {
            return client.getHostAddress();
        }
        StringBuilder nibbles = new StringBuilder();
        for (byte octet : client.getAddress()) {
            nibbles.append(nibbles.isEmpty() ? "" : ".")
                    .append(Character.forDigit(octet >> 4 & 0xF, 16))
                    .append('.')
                    .append(Character.forDigit(octet & 0xF, 16));
        }
        return nibbles.toString();
    }

    private String pointer(String domain) {
        List<String> validated = validatedNames();
        return validated.stream()
                .filter(name -> name.equalsIgnoreCase(domain))
                .findFirst()
                .or(() ->
                        validated.stream().filter(name -> isBelow(name, domain)).findFirst())
                .or(() -> validated.stream().findFirst())
                .orElse("unknown");
    }

    /** A name of the client that is this domain or below it (§5.5). */
    Optional<String> validated(String domain) {
        return validatedNames().stream()
                .filter(name -> name.equalsIgnoreCase(domain) || isBelow(name, domain))
                .findFirst();
    }

    /** Names of the client that have its address; a question that fails says nothing. */
    private List<String> validatedNames() {
        List<String> names;
        try {
            names = questions.pointers(client);
        } catch (SpfException failed) {
            if (failed.code() == SpfResult.Code.PERMERROR) {
                throw failed;
            }
            return List.of();
        }
        return names.stream().filter(this::isValidated).toList();
    }

    private boolean isValidated(String name) {
        try {
            return questions.addresses(name, client).contains(client);
        } catch (SpfException failed) {
            if (failed.code() == SpfResult.Code.PERMERROR) {
                throw failed;
            }
            return false;
        }
    }

    private static boolean isBelow(String name, String domain) {
        return name.toLowerCase(Locale.ROOT).endsWith("." + domain.toLowerCase(Locale.ROOT));
    }
}
