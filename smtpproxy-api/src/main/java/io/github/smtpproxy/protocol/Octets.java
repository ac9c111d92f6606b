package io.github.smtpproxy.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Text of the wire is kept with one char for each octet, so that what is relayed is what was received, whatever its
 * encoding. Only here does it become readable text, and back.
 */
final class Octets {

    private Octets() {}

    /** The text that the octets spell in UTF-8; where they spell none, one character per octet. */
    static String decode(String octets) {
        if (isAscii(octets)) {
            return octets;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            return octets;
        }
    }

    /** The octets of the text in UTF-8, one char for each. */
    static String encode(String text) {
        return isAscii(text) ? text : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Whether the octets may stand inside a line: no CR, LF or NUL, and nothing beyond one octet. */
    static boolean fitInLine(String octets) {
        // loops, since every line of every session comes by here
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                return false;
            }
        }
        return true;
    }

    /** Whether all of it is US-ASCII. */
    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }
}
