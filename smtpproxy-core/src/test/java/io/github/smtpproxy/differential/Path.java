package io.github.smtpproxy.differential;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A line of the table of paths.
 *
 * @param mail what becomes of it in MAIL
 * @param rcpt what becomes of it in RCPT
 * @param text one char for each octet
 */
record Path(char mail, char rcpt, String text) {

    static List<Path> read() {
        try (InputStream in = Path.class.getResourceAsStream("/paths.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)
                    .lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .map(line -> new Path(line.charAt(0), line.charAt(1), octets(line.substring(3))))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAscii() {
        return text.chars().allMatch(c -> c < 0x80);
    }

    private static String octets(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            boolean hex = text.startsWith("\\x", i);
            out.append(hex ? (char) Integer.parseInt(text.substring(i + 2, i + 4), 16) : text.charAt(i));
            i += hex ? 3 : 0;
        }
        return out.toString();
    }
}
