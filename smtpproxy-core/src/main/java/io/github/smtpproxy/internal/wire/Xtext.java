package io.github.smtpproxy.internal.wire;

import java.util.Optional;

/** Xtext (RFC 3461 §4). Octets are strings with one char for each octet. */
public final class Xtext {

    private static final String HEX = "0123456789ABCDEF";

    private Xtext() {}

    /**
     * Encodes octets.
     *
     * @throws IllegalArgumentException if a char is over 255
     */
    public static String encode(String octets) {
        StringBuilder xtext = new StringBuilder(octets.length() + 16);
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (c > 0xff) {
                throw new IllegalArgumentException("character " + i + " of the text to encode is over 255");
            }
            if (plain(c)) {
                xtext.append(c);
            } else {
                xtext.append('+').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
            }
        }
        return xtext.toString();
    }

    /**
     * Decodes to octets; empty if the text is not xtext or stands for too many octets.
     *
     * @param limit the number of octets that is allowed
     */
    public static Optional<String> decode(String xtext, int limit) {
        StringBuilder octets = new StringBuilder(Math.min(xtext.length(), limit));
        for (int i = 0; i < xtext.length(); i++) {
            char c = xtext.charAt(i);
            if (c == '+') {
                int octet = hex(xtext, i + 1);
                if (octet < 0) {
                    return Optional.empty();
                }
                c = (char) octet;
                i += 2;
            } else if (!plain(c)) {
                return Optional.empty();
            }
            if (octets.length() == limit) {
                return Optional.empty();
            }
            octets.append(c);
        }
        return Optional.of(octets.toString());
    }

    private static boolean plain(char c) {
        return c >= 33 && c <= 126 && c != '+' && c != '=';
    }

    private static int hex(String xtext, int at) {
        if (at + 2 > xtext.length()) {
            return -1;
        }
        int high = HEX.indexOf(xtext.charAt(at));
        int low = HEX.indexOf(xtext.charAt(at + 1));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
}
