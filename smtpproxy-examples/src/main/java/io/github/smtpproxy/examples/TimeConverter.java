package io.github.smtpproxy.examples;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A time of an option: {@code 500ms}, {@code 2s}, {@code 5m}, {@code 1h}, a bare number of seconds, or as ISO 8601 has it. */
final class TimeConverter implements ITypeConverter<Duration> {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|)");
    private static final Duration MAX = Duration.ofDays(1);

    @Override
    public Duration convert(String value) {
        Duration time = parse(value);
        if (time.isNegative() || time.compareTo(MAX) > 0) {
            throw new TypeConversionException("time must be between 0 and 24 hours, was '" + value + "'");
        }
        return time;
    }

    private static Duration parse(String value) {
        Matcher m = FORM.matcher(value);
        if (m.matches()) {
            return of(Long.parseLong(m.group(1)), m.group(2));
        }
        try {
            return Duration.parse(value);
        } catch (DateTimeParseException neither) {
            throw new TypeConversionException("must be a time such as 10, 500ms or PT1M30S, was '" + value + "'");
        }
    }

    private static Duration of(long number, String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofSeconds(number);
        };
    }
}
