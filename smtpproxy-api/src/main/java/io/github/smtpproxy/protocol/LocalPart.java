package io.github.smtpproxy.protocol;

/**
 * What may stand before the {@code @} of an address (RFC 5321 §4.1.2, RFC 6531 §3.3): a dot-string, also with dots in odd
 * places, which servers take and users have, or one quoted string.
 */
final class LocalPart {

    /** RFC 5322's specials but the dot; a backslash quotes nothing outside of quotes for some, and the next one for others. */
    private static final String SPECIALS = " ()<>[]:;@\\,\"";

    private LocalPart() {}

    /**
     * The index after the one that the octets begin with.
     *
     * @throws AmbiguousSyntaxException where they begin with none
     */
    static int end(String octets) {
        int end = octets.startsWith("\"") ? quotedEnd(octets) : dotStringEnd(octets);
        if (end == 0) {
            throw AmbiguousSyntaxException.inAddress("an address without a local part");
        }
        return end;
    }

    private static int dotStringEnd(String octets) {
        int end = 0;
        while (end < octets.length() && octets.charAt(end) != '@') {
            char c = octets.charAt(end);
            if (!isText(c) || SPECIALS.indexOf(c) >= 0) {
                throw AmbiguousSyntaxException.inAddress("a local part with a character that has to be quoted");
            }
            end++;
        }
        return end;
    }

    private static int quotedEnd(String octets) {
        for (int i = 1; i < octets.length(); i++) {
            if (octets.charAt(i) == '"') {
                return i + 1;
            }
            if (octets.charAt(i) == '\\') {
                i++;
            }
            if (i == octets.length() || !isText(octets.charAt(i))) {
                break;
            }
        }
        throw AmbiguousSyntaxException.inAddress("a quoted local part without end, or with a control character");
    }

    /** Printable US-ASCII, or an octet of UTF-8. */
    private static boolean isText(char c) {
        return c >= ' ' && c != 0x7F && c <= 0xFF;
    }
}
