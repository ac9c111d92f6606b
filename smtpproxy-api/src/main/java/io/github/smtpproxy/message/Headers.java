package io.github.smtpproxy.message;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The header section of a message (RFC 5322 §2.2), each field with its original octets. Immutable. */
public final class Headers {

    private final List<Field> fields;

    /** A field, or a line that is none: octets of a header section that are not changed any more. */
    private record Field(byte[] in, int from, int to) {

        /** Whether it is a field of this name. */
        boolean is(String name) {
            return !name.isEmpty() && name().equalsIgnoreCase(name);
        }

        /** Empty for a line that is no field. */
        String name() {
            int end = from;
            while (end < to && in[end] != ':') {
                end++;
            }
            return end < to ? text(from, end).strip() : "";
        }

        boolean hasLineEnd() {
            return to > from && in[to - 1] == '\n';
        }

        String value() {
            String all = text(from, to);
            return all.substring(all.indexOf(':') + 1)
                    .replace("\r\n", "")
                    .replace("\n", "")
                    .strip();
        }

        private String text(int start, int end) {
            return new String(in, start, end - start, StandardCharsets.ISO_8859_1);
        }
    }

    private Headers(List<Field> fields) {
        this.fields = fields;
    }

    /**
     * The header section in these bytes: fields up to and without the empty line. Lines end in LF, with or without a CR
     * before it. A line that is no field is kept.
     */
    public static Headers parse(byte[] bytes) {
        Objects.requireNonNull(bytes, "bytes");
        return new Headers(List.copyOf(fields(bytes.clone())));
    }

    private static List<Field> fields(byte[] bytes) {
        List<Field> fields = new ArrayList<>();
        int field = 0;
        for (int i = 0; i < bytes.length; i++) {
            boolean folded = i + 1 < bytes.length && (bytes[i + 1] == ' ' || bytes[i + 1] == '\t');
            if (bytes[i] == '\n' && !folded) {
                fields.add(new Field(bytes, field, i + 1));
                field = i + 1;
            }
        }
        if (field < bytes.length) {
            fields.add(new Field(bytes, field, bytes.length));
        }
        return fields;
    }

    /** The unfolded value of the first field of this name, compared without regard to case. */
    public Optional<String> first(String name) {
        Objects.requireNonNull(name, "name");
        return fields.stream().filter(f -> f.is(name)).map(Field::value).findFirst();
    }

    /** The unfolded values of all fields of this name, from the top. */
    public List<String> all(String name) {
        Objects.requireNonNull(name, "name");
        return fields.stream().filter(f -> f.is(name)).map(Field::value).toList();
    }

    /**
     * As {@link #first}, readable: encoded words (RFC 2047) and UTF-8 (RFC 6532) are decoded, control characters become
     * spaces. What cannot be decoded stays as it is. For people and filters to read, not to be sent.
     */
    public Optional<String> firstDecoded(String name) {
        return first(name).map(EncodedWords::decode);
    }

    /** As {@link #all}, decoded as {@link #firstDecoded} does. */
    public List<String> allDecoded(String name) {
        return all(name).stream().map(EncodedWords::decode).toList();
    }

    /** The names of all fields from the top, as they are spelled; one that is there twice is listed twice. */
    public List<String> names() {
        return fields.stream().map(Field::name).filter(n -> !n.isEmpty()).toList();
    }

    /**
     * Gives each field from the top: its name as it is spelled, and its unfolded value.
     *
     * @param look gets one char for each octet
     */
    public void forEach(BiConsumer<String, String> look) {
        Objects.requireNonNull(look, "look");
        fields.stream().filter(f -> !f.name().isEmpty()).forEach(f -> look.accept(f.name(), f.value()));
    }

    /** How many fields there are. */
    public int size() {
        return fields.size();
    }

    /**
     * These with a field before all others, where trace fields go (RFC 5321 §4.4).
     *
     * @param name printable US-ASCII without spaces and colons
     * @param value one char for each octet, without line ends
     * @throws IllegalArgumentException if name or value cannot be in a header line
     */
    public Headers prepend(String name, String value) {
        return insert(0, name, value);
    }

    /**
     * These with a field that has so many others before it.
     *
     * @param before how many; where there are fewer, the field is the last
     * @param name printable US-ASCII without spaces and colons
     * @param value one char for each octet, without line ends
     * @throws IllegalArgumentException if the number is negative, or name or value cannot be in a header line
     */
    public Headers insert(int before, String name, String value) {
        if (before < 0) {
            throw new IllegalArgumentException("before must be at least 0, was " + before);
        }
        return new Headers(insert(fields, before, field(name, value)));
    }

    private static List<Field> insert(List<Field> fields, int before, Field field) {
        int place = Math.min(before, fields.size());
        if (place == fields.size() && place > 0 && !fields.get(place - 1).hasLineEnd()) {
            place--; // behind an open line it would be part of that
        }
        List<Field> changed = new ArrayList<>(fields.size() + 1);
        changed.addAll(fields);
        changed.add(place, field);
        return List.copyOf(changed);
    }

    /**
     * These with this field instead of all fields of its name, at the place of the first of them; where there is none, at
     * the end.
     *
     * @param name printable US-ASCII without spaces and colons
     * @param value one char for each octet, without line ends
     * @throws IllegalArgumentException if name or value cannot be in a header line
     */
    public Headers replace(String name, String value) {
        Field field = field(name, value);
        int place = 0;
        while (place < fields.size() && !fields.get(place).is(name)) {
            place++;
        }
        List<Field> others = fields.stream().filter(f -> !f.is(name)).toList();
        return new Headers(insert(others, place, field));
    }

    /**
     * These with this field instead of one of its name, at its place; where there is no such one, at the end.
     *
     * @param name printable US-ASCII without spaces and colons
     * @param nth which of them, from 1
     * @param value one char for each octet, without line ends
     * @throws IllegalArgumentException if the number is less than 1, or name or value cannot be in a header line
     */
    public Headers replace(String name, int nth, String value) {
        Field field = field(name, value);
        List<Field> named = named(name, nth);
        if (named.size() < nth) {
            return new Headers(insert(fields, fields.size(), field));
        }
        Field gone = named.get(nth - 1);
        return new Headers(fields.stream().map(f -> f == gone ? field : f).toList());
    }

    private List<Field> named(String name, int nth) {
        Objects.requireNonNull(name, "name");
        if (nth < 1) {
            throw new IllegalArgumentException("nth must be at least 1, was " + nth);
        }
        return fields.stream().filter(f -> f.is(name)).toList();
    }

    private static Field field(String name, String value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        requireName(name);
        if (value.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0 || c > 0xFF)) {
            throw new IllegalArgumentException(
                    "value of a header field must not contain CR, LF, NUL or more than octets");
        }
        byte[] field = (name + ": " + value + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        return new Field(field, 0, field.length);
    }

    private static String requireName(String name) {
        if (name.isEmpty() || !name.chars().allMatch(c -> c > ' ' && c < 0x7F && c != ':')) {
            throw new IllegalArgumentException(
                    "name of a header field must be printable US-ASCII without spaces and colons");
        }
        return name;
    }

    /** These without the fields of this name. */
    public Headers without(String name) {
        Objects.requireNonNull(name, "name");
        List<Field> others = fields.stream().filter(f -> !f.is(name)).toList();
        return others.size() == fields.size() ? this : new Headers(others);
    }

    /**
     * These without the fields of this name whose value is one of these.
     *
     * @param values asked for each of them, with its unfolded value
     */
    public Headers without(String name, Predicate<String> values) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(values, "values");
        List<Field> others = fields.stream()
                .filter(f -> !f.is(name) || !values.test(f.value()))
                .toList();
        return others.size() == fields.size() ? this : new Headers(others);
    }

    /**
     * These without one of the fields of this name.
     *
     * @param nth which of them, from 1; where there are fewer, nothing changes
     */
    public Headers without(String name, int nth) {
        List<Field> named = named(name, nth);
        List<Field> others = new ArrayList<>(fields);
        return named.size() < nth || !removeSame(others, named.get(nth - 1)) ? this : new Headers(List.copyOf(others));
    }

    private static boolean removeSame(List<Field> fields, Field gone) {
        return fields.removeIf(f -> f == gone);
    }

    /**
     * These with other names of fields, at their places.
     *
     * @param renaming gives the new name of a name, or that name itself
     * @throws IllegalArgumentException if a new name cannot be in a header line
     */
    public Headers renamed(UnaryOperator<String> renaming) {
        Objects.requireNonNull(renaming, "renaming");
        return new Headers(fields.stream().map(f -> renamed(f, renaming)).toList());
    }

    private static Field renamed(Field field, UnaryOperator<String> renaming) {
        String name = field.name();
        String other = name.isEmpty() ? name : renaming.apply(name);
        if (other.equals(name)) {
            return field;
        }
        String rest = field.text(field.from, field.to);
        byte[] octets = (requireName(other) + rest.substring(rest.indexOf(':'))).getBytes(StandardCharsets.ISO_8859_1);
        return new Field(octets, 0, octets.length);
    }

    /** The original octets of all fields, without the empty line. */
    public byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(
                fields.stream().mapToInt(f -> f.to - f.from).sum());
        fields.forEach(f -> out.write(f.in, f.from, f.to - f.from));
        return out.toByteArray();
    }
}
