package io.github.smtpproxy.message;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The header section of a message (RFC 5322 §2.2), each field with its original octets. Immutable. */
public final class Headers {

    private final List<String> fields;

    private Headers(List<String> fields) {
        this.fields = fields;
    }

    /** The header section in these bytes: fields up to and without the empty line. A line that is no field is kept. */
    public static Headers parse(byte[] bytes) {
        List<String> fields = new ArrayList<>();
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int start = 0;
        for (int lf = text.indexOf('\n'); lf >= 0 || start < text.length(); lf = text.indexOf('\n', start)) {
            int end = lf < 0 ? text.length() : lf + 1;
            String line = text.substring(start, end);
            boolean folded = (line.startsWith(" ") || line.startsWith("\t")) && !fields.isEmpty();
            if (folded) {
                fields.set(fields.size() - 1, fields.get(fields.size() - 1) + line);
            } else {
                fields.add(line);
            }
            start = end;
        }
        return new Headers(List.copyOf(fields));
    }

    /** The unfolded value of the first field of this name, compared without regard to case. */
    public Optional<String> first(String name) {
        return all(name).stream().findFirst();
    }

    /** The unfolded values of all fields of this name, from the top. */
    public List<String> all(String name) {
        return fields.stream().filter(f -> is(name, f)).map(Headers::value).toList();
    }

    /** How many fields there are. */
    public int size() {
        return fields.size();
    }

    /**
     * These with a field before all others, where trace fields go (RFC 5321 §4.4).
     *
     * @throws IllegalArgumentException if name or value cannot stand in a header line
     */
    public Headers with(String name, String value) {
        boolean goodName = !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 0x7F && c != ':');
        if (!goodName || value.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0 || c > 0xFF)) {
            throw new IllegalArgumentException(
                    "name or value of a header field with a character that cannot stand there");
        }
        List<String> changed = new ArrayList<>();
        changed.add(name + ": " + value + "\r\n");
        changed.addAll(fields);
        return new Headers(List.copyOf(changed));
    }

    /** These without the fields of this name. */
    public Headers without(String name) {
        return new Headers(fields.stream().filter(f -> !is(name, f)).toList());
    }

    /** The original octets of all fields, without the empty line. */
    public byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        fields.forEach(f -> out.writeBytes(f.getBytes(StandardCharsets.ISO_8859_1)));
        return out.toByteArray();
    }

    private static boolean is(String name, String field) {
        int colon = field.indexOf(':');
        return colon > 0 && field.substring(0, colon).strip().equalsIgnoreCase(name);
    }

    private static String value(String field) {
        return field.substring(field.indexOf(':') + 1).replace("\r\n", "").strip();
    }
}
