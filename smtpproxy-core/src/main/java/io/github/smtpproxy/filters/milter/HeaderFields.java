package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.message.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The fields of a header section as a milter sees and changes them: folded values, lines of which end in LF. Those that it
 * does not change keep their octets.
 */
final class HeaderFields {

    private final List<String> fields;
    private final boolean leadingSpace;
    private boolean changed;

    private HeaderFields(List<String> fields, boolean leadingSpace) {
        this.fields = fields;
        this.leadingSpace = leadingSpace;
    }

    /** @param leadingSpace whether values begin right behind the colon; else behind one space, if there is one */
    static HeaderFields of(Headers headers, boolean leadingSpace) {
        String section = new String(headers.toBytes(), StandardCharsets.ISO_8859_1);
        List<String> fields = new ArrayList<>();
        int start = 0;
        for (int end = section.indexOf('\n') + 1; end > 0; end = section.indexOf('\n', end) + 1) {
            if (end == section.length() || !isBlank(section.charAt(end))) {
                fields.add(section.substring(start, end));
                start = end;
            }
        }
        if (start < section.length()) {
            fields.add(section.substring(start));
        }
        return new HeaderFields(fields, leadingSpace);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    /** A field as a milter gets it. */
    record Field(String name, String value) {}

    /** Those that are fields, from the top. */
    List<Field> all() {
        return fields.stream()
                .filter(f -> !name(f).isEmpty())
                .map(f -> new Field(name(f), value(f)))
                .toList();
    }

    private static String name(String field) {
        int colon = field.indexOf(':');
        return colon < 0 ? "" : field.substring(0, colon).stripTrailing();
    }

    private String value(String field) {
        String value = field.substring(field.indexOf(':') + 1).replace("\r\n", "\n");
        String whole = value.endsWith("\n") ? value.substring(0, value.length() - 1) : value;
        return !leadingSpace && whole.startsWith(" ") ? whole.substring(1) : whole;
    }

    /** A field behind the others. */
    void add(String name, String value) {
        put(fields.size(), name, value);
    }

    /**
     * A field with others before it.
     *
     * @param place how many, the proxy's own Received field among them: no field goes before that
     */
    void insert(int place, String name, String value) {
        put(Math.min(Math.max(place - 1, 0), fields.size()), name, value);
    }

    private void put(int place, String name, String value) {
        if (place == fields.size() && place > 0 && !fields.get(place - 1).endsWith("\n")) {
            fields.set(place - 1, fields.get(place - 1) + "\r\n");
        }
        fields.add(place, field(name, value));
        changed = true;
    }

    /**
     * Another value of a field, or, where it is empty, none.
     *
     * @param nth which of that name, from 1; where there are fewer, the value is that of a further field
     */
    void change(int nth, String name, String value) {
        Optional<Integer> place = place(Math.max(nth, 1), name);
        if (place.isEmpty()) {
            if (!value.isEmpty()) {
                add(name, value);
            }
        } else if (value.isEmpty()) {
            fields.remove((int) place.get());
            changed = true;
        } else {
            fields.set(place.get(), field(name, value));
            changed = true;
        }
    }

    private Optional<Integer> place(int nth, String name) {
        int left = nth;
        for (int i = 0; i < fields.size(); i++) {
            if (name(fields.get(i)).equalsIgnoreCase(name) && --left == 0) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    private String field(String name, String value) {
        return name + ":" + (leadingSpace ? "" : " ") + value.replaceAll("\r?\n", "\r\n") + "\r\n";
    }

    /** These in place of those they were read from; the same if nothing was changed. */
    Headers on(Headers before) {
        if (!changed) {
            return before;
        }
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        fields.forEach(f -> octets.writeBytes(f.getBytes(StandardCharsets.ISO_8859_1)));
        return Headers.parse(octets.toByteArray());
    }
}
