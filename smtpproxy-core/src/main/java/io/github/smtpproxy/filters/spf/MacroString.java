package io.github.smtpproxy.filters.spf;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Text with macros (RFC 7208 §7.1). Immutable. */
final class MacroString {

    /** What an expansion may have: more is cut at its left, where a name that is too long is cut as well (§7.3). */
    private static final int MAX = 2_000;

    private static final int MAX_LABEL = 63;
    private static final Pattern MACRO = Pattern.compile("%(?:([%_-])|\\{([A-Za-z])(\\d*)([rR]?)([.+,/_=-]*)\\})");
    private static final String IN_NAMES = "slodiphv";
    private static final String IN_EXPLANATIONS = IN_NAMES + "crt";

    private final List<Part> parts;
    private final boolean endsInMacro;

    /** Some of the text, or a macro. */
    private interface Part {
        String expand(Function<Character, String> values);
    }

    private record Literal(String text) implements Part {
        @Override
        public String expand(Function<Character, String> values) {
            return text;
        }
    }

    /** @param keep how many of its parts count, from the right */
    private record Macro(char letter, int keep, boolean reversed, String delimiters) implements Part {

        @Override
        public String expand(Function<Character, String> values) {
            String value = values.apply(Character.toLowerCase(letter));
            List<String> pieces =
                    new ArrayList<>(Arrays.asList(value.split("[" + Pattern.quote(delimiters) + "]", -1)));
            if (reversed) {
                Collections.reverse(pieces);
            }
            String kept = String.join(".", pieces.subList(Math.max(0, pieces.size() - keep), pieces.size()));
            return Character.isUpperCase(letter) ? escaped(kept) : kept;
        }

        /** RFC 3986 §2.3 leaves these as they are. */
        private static String escaped(String text) {
            StringBuilder out = new StringBuilder();
            for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
                boolean plain = octet >= '0' && octet <= '9'
                        || octet >= 'A' && octet <= 'Z'
                        || octet >= 'a' && octet <= 'z'
                        || "-._~".indexOf(octet) >= 0;
                out.append(plain ? String.valueOf((char) octet) : String.format(Locale.ROOT, "%%%02X", octet & 0xFF));
            }
            return out.toString();
        }
    }

    private MacroString(List<Part> parts, boolean endsInMacro) {
        this.parts = parts;
        this.endsInMacro = endsInMacro;
    }

    /** A domain-spec: it ends in a macro, or in a dot and what may be a top-level domain. */
    static MacroString name(String text) {
        MacroString parsed = parse(text, IN_NAMES, '!');
        if (!parsed.endsInMacro && !endsInTopLabel(text)) {
            throw SpfException.permanent("no domain: " + text);
        }
        return parsed;
    }

    /** The value of a modifier that is not known, of which the syntax counts only. */
    static void checkUnknown(String text) {
        parse(text, IN_NAMES, '!');
    }

    /** The text of an explanation, in which spaces may stand. */
    static MacroString explanation(String text) {
        return parse(text, IN_EXPLANATIONS, ' ');
    }

    private static MacroString parse(String text, String letters, char lowest) {
        List<Part> parts = new ArrayList<>();
        Matcher macro = MACRO.matcher(text);
        int at = 0;
        boolean macroLast = false;
        while (at < text.length()) {
            macroLast = text.charAt(at) == '%';
            if (macroLast) {
                if (!macro.region(at, text.length()).lookingAt()) {
                    throw SpfException.permanent("no macro: " + text);
                }
                parts.add(part(macro, letters));
                at = macro.end();
            } else {
                int end = text.indexOf('%', at);
                String literal = text.substring(at, end < 0 ? text.length() : end);
                parts.add(literal(literal, lowest));
                at += literal.length();
            }
        }
        return new MacroString(List.copyOf(parts), macroLast);
    }

    private static Part literal(String text, char lowest) {
        if (text.chars().anyMatch(c -> c < lowest || c > '~')) {
            throw SpfException.permanent("not of visible US-ASCII: " + text);
        }
        return new Literal(text);
    }

    private static Part part(Matcher macro, String letters) {
        if (macro.group(1) != null) {
            return new Literal(
                    switch (macro.group(1)) {
                        case "_" -> " ";
                        case "-" -> "%20";
                        default -> "%";
                    });
        }
        char letter = macro.group(2).charAt(0);
        String digits = macro.group(3);
        if (letters.indexOf(Character.toLowerCase(letter)) < 0 || digits.matches("0+")) {
            throw SpfException.permanent("no macro: " + macro.group());
        }
        int keep = digits.isEmpty() || digits.length() > 3 ? Integer.MAX_VALUE : Integer.parseInt(digits);
        String delimiters = macro.group(5).isEmpty() ? "." : macro.group(5);
        return new Macro(letter, keep, !macro.group(4).isEmpty(), delimiters);
    }

    private static boolean endsInTopLabel(String text) {
        String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        int dot = name.lastIndexOf('.');
        String label = name.substring(dot + 1);
        return dot >= 0
                && label.length() <= MAX_LABEL
                && label.matches("[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
                && !label.matches("\\d*");
    }

    /** @param values of the macros, by their letters in lower case */
    String expand(Function<Character, String> values) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(part.expand(values));
            if (text.length() > MAX) {
                text.delete(0, text.length() - MAX);
            }
        }
        return text.toString();
    }
}
