package io.github.smtpproxy.filters.dkim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The fields of a header section from the top, octet for octet as they are sent. A line that is no field has no name. */
final class HeaderFields {

    private final List<Field> fields;
    private final boolean sound;

    /**
     * A field: octets that are not changed any more.
     *
     * @param name in lower case; empty for a line that is no field
     * @param value the index behind the colon
     */
    record Field(byte[] in, int from, int value, int to, String name) {

        /** A field alone. */
        static Field of(byte[] octets) {
            return field(octets, 0, octets.length);
        }

        /** What stands behind the colon, folded as it is, without the last line end; one char for each octet. */
        String text() {
            return new String(in, value, textEnd() - value, StandardCharsets.ISO_8859_1);
        }

        /** Where the last line end begins. */
        int textEnd() {
            int end = to;
            end -= end > value && in[end - 1] == '\n' ? 1 : 0;
            return end - (end > value && in[end - 1] == '\r' ? 1 : 0);
        }
    }

    private HeaderFields(List<Field> fields, boolean sound) {
        this.fields = fields;
        this.sound = sound;
    }

    /** @param section not changed any more; lines end in LF, with or without a CR before it */
    static HeaderFields parse(byte[] section) {
        List<Field> fields = new ArrayList<>();
        int field = 0;
        for (int i = 0; i < section.length; i++) {
            boolean folded = i + 1 < section.length && isSpace(section[i + 1]);
            if (section[i] == '\n' && !folded || i + 1 == section.length) {
                fields.add(field(section, field, i + 1));
                field = i + 1;
            }
        }
        boolean named = fields.stream().noneMatch(f -> f.name.isEmpty());
        return new HeaderFields(fields, named && hasWholeLineEnds(section));
    }

    private static Field field(byte[] section, int from, int to) {
        int colon = from;
        while (colon < to && section[colon] != ':') {
            colon++;
        }
        String name = colon == to ? "" : name(section, from, colon);
        return new Field(section, from, name.isEmpty() ? from : colon + 1, to, name);
    }

    /** RFC 5322 §2.2; white space before the colon is obsolete, but there is such mail (§4.5). */
    private static String name(byte[] section, int from, int colon) {
        int end = colon;
        while (end > from && isSpace(section[end - 1])) {
            end--;
        }
        byte[] lower = new byte[end - from];
        for (int i = from; i < end; i++) {
            byte c = section[i];
            if (c <= ' ' || c == 0x7F) {
                return "";
            }
            lower[i - from] = (byte) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        }
        return new String(lower, StandardCharsets.ISO_8859_1);
    }

    /** Whether each CR has its LF and each LF its CR. */
    private static boolean hasWholeLineEnds(byte[] section) {
        for (int i = 0; i < section.length; i++) {
            boolean bareReturn = section[i] == '\r' && (i + 1 == section.length || section[i + 1] != '\n');
            boolean bareFeed = section[i] == '\n' && (i == 0 || section[i - 1] != '\r');
            if (bareReturn || bareFeed) {
                return false;
            }
        }
        return true;
    }

    static boolean isSpace(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    /** Whether all lines are fields, with CRLF as their only line ends: so each reader sees the same fields. */
    boolean isSound() {
        return sound;
    }

    /** Those of a name in lower case, from the top. */
    List<Field> named(String name) {
        return fields.stream().filter(f -> f.name.equals(name)).toList();
    }

    /** Takes fields from the bottom up. */
    Choice choice() {
        return new Choice(fields);
    }

    /** Gives each field once, of a name the lowest first (RFC 6376 §5.4.2). */
    static final class Choice {

        private final Map<String, Deque<Field>> left = new HashMap<>();

        private Choice(List<Field> fields) {
            fields.forEach(
                    f -> left.computeIfAbsent(f.name, n -> new ArrayDeque<>()).push(f));
        }

        /** Never gives this one. */
        Choice without(Field field) {
            left.get(field.name).removeIf(f -> f == field);
            return this;
        }

        /** The next of this name, in lower case; empty if there is none left. */
        Optional<Field> next(String name) {
            return Optional.ofNullable(left.get(name)).map(Deque::poll);
        }

        /** How many of this name are left. */
        int count(String name) {
            return Optional.ofNullable(left.get(name)).map(Deque::size).orElse(0);
        }
    }
}
