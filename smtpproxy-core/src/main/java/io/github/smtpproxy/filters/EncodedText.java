package io.github.smtpproxy.filters;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Text as encoded words (RFC 2047 §2), where it is not US-ASCII. */
final class EncodedText {

    /** Octets whose base64 fits into an encoded word of 75 characters. */
    private static final int OCTETS = 45;

    private EncodedText() {}

    static String of(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c < 0x7F || c == '\t') ? text : String.join(" ", words(text));
    }

    /** Each word has whole characters only (§5, 3). */
    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        int octets = 0;
        for (int c : text.codePoints().map(c -> c < ' ' ? ' ' : c).toArray()) {
            int more = utf8(Character.toString(c)).length;
            if (octets + more > OCTETS) {
                words.add(word(part.toString()));
                part.setLength(0);
                octets = 0;
            }
            part.appendCodePoint(c);
            octets += more;
        }
        words.add(word(part.toString()));
        return words;
    }

    private static String word(String part) {
        return "=?UTF-8?B?" + Base64.getEncoder().encodeToString(utf8(part)) + "?=";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
