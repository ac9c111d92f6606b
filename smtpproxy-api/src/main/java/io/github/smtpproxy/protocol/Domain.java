package io.github.smtpproxy.protocol;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What may stand behind the {@code @} of an address (RFC 5321 §4.1.2): labels of letters, digits and hyphens, also
 * underscores, which the DNS has and servers take; an address literal; or labels beyond ASCII (RFC 6531 §3.3).
 */
final class Domain {

    private static final int MAX = 255;
    private static final int MAX_LABEL = 63;
    private static final String IPV6_TAG = "IPv6:";

    /** Marks that software drops when it maps a name, so that two names become one (UTS #46). */
    private static final Pattern DROPPED =
            Pattern.compile("[\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\uFE00-\\uFE0F\\x{E0100}-\\x{E01EF}]");

    private Domain() {}

    /** Whether these octets, one char for each, are one. */
    static boolean isOne(String octets) {
        if (octets.isEmpty() || octets.length() > MAX) {
            return false;
        }
        if (octets.charAt(0) == '[') {
            return octets.endsWith("]") && isAddress(octets.substring(1, octets.length() - 1));
        }
        int start = 0;
        for (int dot = octets.indexOf('.'); dot >= 0; dot = octets.indexOf('.', start)) {
            if (!isLabel(octets.substring(start, dot))) {
                return false;
            }
            start = dot + 1;
        }
        return isLabel(octets.substring(start));
    }

    /** What a domain is compared by: labels beyond ASCII as A-labels (RFC 5890 §2.3.2.1), all in lower case. */
    static String comparable(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (Octets.isAscii(lower)) {
            return lower;
        }
        StringBuilder ascii = new StringBuilder();
        for (String label : lower.split("\\.", -1)) {
            ascii.append(ascii.isEmpty() ? "" : ".").append(Octets.isAscii(label) ? label : aLabel(label));
        }
        return ascii.toString();
    }

    private static String aLabel(String label) {
        return "xn--" + Punycode.encode(Normalizer.normalize(label, Form.NFC));
    }

    private static boolean isLabel(String octets) {
        return Octets.isAscii(octets) ? isAsciiLabel(octets) : isUtf8Label(octets);
    }

    private static boolean isAsciiLabel(String label) {
        int length = label.length();
        if (length == 0 || length > MAX_LABEL || label.charAt(0) == '-' || label.charAt(length - 1) == '-') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = label.charAt(i);
            boolean letterOrDigit = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letterOrDigit && c != '-' && c != '_') {
                return false;
            }
        }
        return true;
    }

    /** Only as it stands after every mapping: what a server would map to another name is no name. */
    private static boolean isUtf8Label(String octets) {
        return Octets.decodeStrictly(octets).filter(Domain::isULabel).isPresent();
    }

    private static boolean isULabel(String label) {
        String lower = label.toLowerCase(Locale.ROOT);
        return Normalizer.isNormalized(label, Form.NFKC)
                && Normalizer.isNormalized(lower, Form.NFKC)
                && !Octets.isAscii(lower)
                && !DROPPED.matcher(label).find()
                && label.codePoints().allMatch(Domain::isOfLabel)
                && label.charAt(0) != '-'
                && !label.endsWith("-")
                && aLabel(lower).length() <= MAX_LABEL;
    }

    private static boolean isOfLabel(int c) {
        int type = Character.getType(c);
        return Character.isLetterOrDigit(c)
                || type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || c == '-';
    }

    private static boolean isAddress(String literal) {
        return literal.regionMatches(true, 0, IPV6_TAG, 0, IPV6_TAG.length())
                ? IpLiteral.ipv6(literal.substring(IPV6_TAG.length())).isPresent()
                : IpLiteral.ipv4(literal).isPresent();
    }
}
