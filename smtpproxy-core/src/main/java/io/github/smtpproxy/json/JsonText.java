package io.github.smtpproxy.json;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * JSON that is sent: octets of US-ASCII, of which a long text ({@link Streamed}) is made while they are read and is never
 * whole in memory.
 */
public final class JsonText {

    private final List<InputStream> parts = new ArrayList<>();
    private StringBuilder open = new StringBuilder();

    private JsonText() {}

    /**
     * A string that is read when it is sent.
     *
     * @param octets opens it
     * @param base64 whether it stands there in Base64 (RFC 4648 §4); else as text, of which octets that are no UTF-8 become
     *     U+FFFD
     */
    public record Streamed(Supplier<InputStream> octets, boolean base64) {
        /** Refuses null. */
        public Streamed {
            Objects.requireNonNull(octets, "octets");
        }
    }

    /**
     * An object as octets.
     *
     * @param object of maps with strings as keys, collections, strings, numbers, booleans, {@link Streamed} and {@code
     *     Optional}s of these, of which an empty one is null
     */
    public static InputStream of(Map<String, ?> object) {
        JsonText text = new JsonText();
        text.value(Objects.requireNonNull(object, "object"));
        text.endPart();
        return new SequenceInputStream(Collections.enumeration(text.parts));
    }

    private void value(Object value) {
        if (value instanceof Map<?, ?> map) {
            String before = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                open.append(before);
                value(entry.getKey());
                open.append(':');
                value(entry.getValue());
                before = ",";
            }
            open.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Collection<?> list) {
            array(list);
        } else if (value instanceof Optional<?> optional) {
            optional.ifPresentOrElse(this::value, () -> open.append("null"));
        } else if (value instanceof Streamed streamed) {
            stream(streamed);
        } else if (value instanceof Number || value instanceof Boolean) {
            open.append(value);
        } else {
            open.append('"');
            escape((String) value, open);
            open.append('"');
        }
    }

    private void array(Collection<?> list) {
        String before = "[";
        for (Object value : list) {
            open.append(before);
            value(value);
            before = ",";
        }
        open.append(list.isEmpty() ? "[]" : "]");
    }

    private void stream(Streamed streamed) {
        open.append('"');
        endPart();
        InputStream octets = streamed.octets().get();
        parts.add(streamed.base64() ? EncodedStream.base64(octets) : EncodedStream.text(octets));
        open.append('"');
    }

    private void endPart() {
        parts.add(new ByteArrayInputStream(open.toString().getBytes(StandardCharsets.US_ASCII)));
        open = new StringBuilder();
    }

    /** RFC 8259 §7; what is beyond US-ASCII is escaped too. */
    static void escape(CharSequence text, StringBuilder to) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> to.append('\\').append(c);
                case '\r' -> to.append("\\r");
                case '\n' -> to.append("\\n");
                case '\t' -> to.append("\\t");
                default -> {
                    if (c >= ' ' && c < 0x7F) {
                        to.append(c);
                    } else {
                        to.append("\\u")
                                .append(Character.forDigit(c >> 12, 16))
                                .append(Character.forDigit(c >> 8 & 15, 16));
                        to.append(Character.forDigit(c >> 4 & 15, 16)).append(Character.forDigit(c & 15, 16));
                    }
                }
            }
        }
    }
}
