package io.github.smtpproxy.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;

/**
 * Converts octets to text and back. Octets of the protocol are kept in strings of one char for each octet, so that what is
 * relayed is what was received, whatever its encoding.
 */
public final class Octets {

    private Octets() {}

    /** Decodes octets as UTF-8; malformed ones become one character each. */
    public static String decode(String octets) {
        return decodeStrictly(octets).orElse(octets);
    }

    /** Decodes octets as UTF-8; empty if they are malformed. */
    public static Optional<String> decodeStrictly(String octets) {
        Objects.requireNonNull(octets, "octets");
        if (isAscii(octets)) {
            return Optional.of(octets);
        }
        try {
            ByteBuffer utf8 = ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1));
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(utf8).toString());
        } catch (CharacterCodingException malformed) {
            return Optional.empty();
        }
    }

    /** Encodes text in UTF-8. */
    public static String encode(String text) {
        Objects.requireNonNull(text, "text");
        return isAscii(text) ? text : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Whether these can be octets of one line: no CR, LF or NUL, and no char over 255. */
    static boolean fitInLine(String octets) {
        // a loop, because every line of every session is checked
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                return false;
            }
        }
        return true;
    }

    /** Whether all characters are US-ASCII. */
    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }
}
