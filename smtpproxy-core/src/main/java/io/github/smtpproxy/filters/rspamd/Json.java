package io.github.smtpproxy.filters.rspamd;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** JSON as values of the JDK: maps, lists, strings, numbers as {@code Double}, booleans; null is left out. */
final class Json {

    private static final int MAX_DEPTH = 20;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    private Json() {}

    /** Reads one object from octets. */
    static Map<String, Object> object(byte[] octets, int length) throws IOException {
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

    @SuppressWarnings("unchecked") // keys of JSON objects are strings
    static Optional<Map<String, Object>> map(Object value) {
        return value instanceof Map<?, ?> map ? Optional.of((Map<String, Object>) map) : Optional.empty();
    }

    /** The object of this name; empty if there is none. */
    static Map<String, Object> map(Map<String, Object> in, String name) {
        return map(in.getOrDefault(name, Map.of())).orElse(Map.of());
    }

    static Optional<String> text(Map<String, Object> in, String name) {
        return in.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    static OptionalDouble number(Map<String, Object> in, String name) {
        return in.get(name) instanceof Double number ? OptionalDouble.of(number) : OptionalDouble.empty();
    }

    static boolean isTrue(Map<String, Object> in, String name) {
        return Boolean.TRUE.equals(in.get(name));
    }

    /** What stands there: one value, or those of an array. */
    static List<Object> list(Map<String, Object> in, String name) {
        Object value = in.getOrDefault(name, List.of());
        return value instanceof List<?> list ? List.copyOf(list) : List.of(value);
    }
}
