package io.github.smtpproxy.examples;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One object in JSON for each event. What a message has as {@code name={}} is a field of that name, so that a line about a
 * transaction needs no parser of its own; what a line is about, as in {@code {}: gone}, is the field {@code id}.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {

    private static final Pattern PLACE = Pattern.compile("(?:([a-z][a-z0-9-]*)=\"?)?\\{}(/\\{})?");

    /** A line about a session, a transaction or a file. */
    private static final Pattern ABOUT = Pattern.compile("\\{}(:| [a-z-]+=)");

    /** Fields of each line, which no argument replaces. */
    private static final Set<String> OWN = Set.of("time", "level", "logger", "message", "exception");

    private final JsonFactory json = new JsonFactory();

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        try (JsonGenerator object = json.createGenerator(line)) {
            object.writeStartObject();
            object.writeStringField(
                    "time", Instant.ofEpochMilli(event.getTimeStamp()).toString());
            object.writeStringField("level", event.getLevel().toString());
            object.writeStringField("logger", event.getLoggerName());
            object.writeStringField("message", event.getFormattedMessage());
            writeFields(event, object);
            if (event.getThrowableProxy() != null) {
                object.writeStringField("exception", ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
            object.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing of it is written elsewhere than to memory
        }
        line.write('\n');
        return line.toByteArray();
    }

    private static void writeFields(ILoggingEvent event, JsonGenerator object) throws IOException {
        Optional<String> first =
                Optional.of("id").filter(id -> ABOUT.matcher(event.getMessage()).lookingAt());
        Set<String> written = new HashSet<>(OWN);
        Object[] arguments = event.getArgumentArray();
        Matcher places = PLACE.matcher(event.getMessage());
        int next = 0;
        while (arguments != null && next < arguments.length && places.find()) {
            Object value = arguments[next++];
            if (places.group(2) != null && next < arguments.length) {
                value = value + "/" + arguments[next++];
            }
            Optional<String> name =
                    Optional.ofNullable(places.group(1)).or(() -> places.start() == 0 ? first : Optional.empty());
            if (name.filter(written::add).isPresent()) {
                write(name.get(), value, object);
            }
        }
    }

    private static void write(String name, Object value, JsonGenerator object) throws IOException {
        if (value instanceof Long || value instanceof Integer) {
            object.writeNumberField(name, ((Number) value).longValue());
        } else {
            object.writeStringField(name, String.valueOf(value));
        }
    }
}
