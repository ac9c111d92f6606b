package io.github.smtpproxy.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * JSON as values of the JDK: maps, lists, strings, numbers as {@code Double}, booleans; null is an empty {@code Optional}. What
 * is read is bounded in depth and number, and in the length of its names, strings and numbers. Needs
 * {@code com.fasterxml.jackson.core:jackson-core}.
 */
public final class Json {

    private static final int MAX_DEPTH = 20;
    /** Small values take many times the memory of their octets. */
    private static final int MAX_TOKENS = 100_000;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxTokenCount(MAX_TOKENS)
                    .build())
            .build();

    private Json() {}

    /**
     * Reads one object from the first of these octets.
     *
     * @throws IOException if they begin with something else
     */
    public static Map<String, Object> object(byte[] octets, int length) throws IOException {
        Objects.requireNonNull(octets, "octets");
        try (JsonParser parser = FACTORY.createParser(octets, 0, length)) {
            parser.nextToken();
            return map(value(parser)).orElseThrow(() -> new IOException("the reply is no JSON object"));
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new IOException("the reply is no JSON: it is empty");
        }
        return switch (token) {
            case START_OBJECT -> objectBody(parser);
            case START_ARRAY -> arrayBody(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> Optional.empty();
        };
    }

    private static Map<String, Object> objectBody(JsonParser parser) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            object.put(name, value(parser));
        }
        return object;
    }

    private static List<Object> arrayBody(JsonParser parser) throws IOException {
        List<Object> array = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(value(parser));
        }
        return array;
    }

    /** This value as an object; empty if it is none. */
    @SuppressWarnings("unchecked") // keys of JSON objects are strings
    public static Optional<Map<String, Object>> map(Object value) {
        Objects.requireNonNull(value, "value");
        return value instanceof Map<?, ?> map ? Optional.of((Map<String, Object>) map) : Optional.empty();
    }

    /** The object of this name; empty if there is none. */
    public static Map<String, Object> map(Map<String, Object> in, String name) {
        requireBoth(in, name);
        return map(in.getOrDefault(name, Map.of())).orElse(Map.of());
    }

    /** The text of this name; empty if there is none. */
    public static Optional<String> text(Map<String, Object> in, String name) {
        requireBoth(in, name);
        return in.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    /** The number of this name; empty if there is none. */
    public static OptionalDouble number(Map<String, Object> in, String name) {
        requireBoth(in, name);
        return in.get(name) instanceof Double number ? OptionalDouble.of(number) : OptionalDouble.empty();
    }

    /** Whether this name has the value true. */
    public static boolean isTrue(Map<String, Object> in, String name) {
        requireBoth(in, name);
        return Boolean.TRUE.equals(in.get(name));
    }

    /** What stands there: one value, or those of an array. */
    public static List<Object> list(Map<String, Object> in, String name) {
        requireBoth(in, name);
        Object value = in.getOrDefault(name, List.of());
        return value instanceof List<?> list ? List.copyOf(list) : List.of(value);
    }

    private static void requireBoth(Map<String, Object> in, String name) {
        Objects.requireNonNull(in, "in");
        Objects.requireNonNull(name, "name");
    }
}
