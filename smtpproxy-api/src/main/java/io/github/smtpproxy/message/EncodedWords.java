package io.github.smtpproxy.message;

import io.github.smtpproxy.protocol.Octets;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Header text with encoded words (RFC 2047), a language in them (RFC 2231 §5) and UTF-8 (RFC 6532). A word that cannot be
 * decoded stays as it is; control characters become spaces, so that no encoded line end gets into a log. Linear in the length of the text, and never longer than it by more than its charset makes it.
 */
final class EncodedWords {

    // Own code: the JDK has none, and the api has no dependencies.

    private static final Pattern WORD = Pattern.compile(
            "=\\?([A-Za-z0-9._:+-]{1,40})(?:\\*[A-Za-z0-9-]{0,40})?\\?([BbQq])\\?([!->@-~ ]{0,1000})\\?=");

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private EncodedWords() {}

    /** @param value one char for each octet */
    static String decode(String value) {
        Matcher words = WORD.matcher(value);
        StringBuilder text = new StringBuilder();
        Run run = new Run();
        int from = 0;
        while (words.find()) {
            String between = value.substring(from, words.start());
            Optional<Charset> charset = charset(words.group(1));
            Optional<byte[]> octets = octets(words.group(2), words.group(3));
            if (charset.isEmpty() || octets.isEmpty()) {
                continue;
            }
            // RFC 2047 §6.2: space between two encoded words is not part of the text
            boolean adjacent = run.isStarted() && between.isBlank();
            if (!adjacent || !run.is(charset.get())) {
                run.endIn(text);
                text.append(adjacent ? "" : Octets.decode(between));
                run.start(charset.get());
            }
            run.add(octets.get());
            from = words.end();
        }
        run.endIn(text);
        text.append(Octets.decode(value.substring(from)));
        return CONTROL.matcher(text).replaceAll(" ");
    }

    /** Adjacent words of one charset, of which a character may begin in one and end in the next. */
    private static final class Run {

        private final ByteArrayOutputStream octets = new ByteArrayOutputStream();
        private Optional<Charset> charset = Optional.empty();

        boolean isStarted() {
            return charset.isPresent();
        }

        boolean is(Charset other) {
            return charset.filter(other::equals).isPresent();
        }

        void start(Charset in) {
            charset = Optional.of(in);
        }

        void add(byte[] more) {
            octets.writeBytes(more);
        }

        void endIn(StringBuilder text) {
            charset.ifPresent(c -> text.append(octets.toString(c)));
            octets.reset();
        }
    }

    private static Optional<Charset> charset(String name) {
        try {
            return Optional.of(Charset.forName(name));
        } catch (IllegalArgumentException unknown) {
            return Optional.empty();
        }
    }

    private static Optional<byte[]> octets(String encoding, String text) {
        try {
            return Optional.of(
                    encoding.equalsIgnoreCase("B") ? Base64.getDecoder().decode(text.strip()) : quoted(text));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    /** RFC 2047 §4.2. */
    private static byte[] quoted(String text) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '=') {
                octets.write(hex(text, i + 1) << 4 | hex(text, i + 2));
                i += 2;
            } else {
                octets.write(c == '_' ? ' ' : c);
            }
        }
        return octets.toByteArray();
    }

    private static int hex(String text, int index) {
        int digit = index < text.length() ? Character.digit(text.charAt(index), 16) : -1;
        if (digit < 0) {
            throw new IllegalArgumentException("no hexadecimal digit");
        }
        return digit;
    }
}
