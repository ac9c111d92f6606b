package io.github.smtpproxy.throttle;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of events in a time, and how many of them may come at once. Written {@code 500/min}, {@code 300/5m, burst 50}.
 *
 * @param amount at least 1
 * @param per longer than zero, at most 366 days
 * @param burst events that may come at once after a time of silence, at least 1; as many as the amount unless set
 */
public record Rate(long amount, Duration per, long burst) {

    private static final Duration LONGEST = Duration.ofDays(366);
    private static final long MOST = 1_000_000_000_000L;

    private static final Pattern WRITTEN =
            Pattern.compile("([1-9]\\d{0,12})/([1-9]\\d{0,8})?([a-z]+)(?:, ?burst[ =]([1-9]\\d{0,12}))?");

    private static final Map<String, Duration> UNITS = Map.ofEntries(
            Map.entry("s", Duration.ofSeconds(1)),
            Map.entry("sec", Duration.ofSeconds(1)),
            Map.entry("second", Duration.ofSeconds(1)),
            Map.entry("m", Duration.ofMinutes(1)),
            Map.entry("min", Duration.ofMinutes(1)),
            Map.entry("minute", Duration.ofMinutes(1)),
            Map.entry("h", Duration.ofHours(1)),
            Map.entry("hour", Duration.ofHours(1)),
            Map.entry("d", Duration.ofDays(1)),
            Map.entry("day", Duration.ofDays(1)));

    /** Checks all. */
    public Rate {
        Objects.requireNonNull(per, "per");
        if (amount < 1 || amount > MOST || per.isZero() || per.isNegative() || per.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("rate must be 1 to " + MOST
                    + " in a time above zero and at most 366 days, was " + amount + " in " + per);
        }
        if (burst < 1 || burst > MOST) {
            throw new IllegalArgumentException("burst must be between 1 and " + MOST + ", was " + burst);
        }
    }

    /** A rate whose events may all come at once. */
    public static Rate of(long amount, Duration per) {
        return new Rate(amount, per, amount);
    }

    /**
     * A rate as people write it: {@code AMOUNT/UNIT}, then {@code , burst EVENTS} if another number than the amount may come
     * at once. A unit is {@code s}, {@code min}, {@code h} or {@code d} (also {@code sec}, {@code second}, {@code m}, {@code
     * minute}, {@code hour}, {@code day}), with a number before it or none.
     *
     * @throws IllegalArgumentException if it is not written so
     */
    public static Rate parse(String text) {
        Objects.requireNonNull(text, "text");
        Matcher written = WRITTEN.matcher(text.strip());
        if (!written.matches() || !UNITS.containsKey(written.group(3))) {
            throw new IllegalArgumentException(
                    "rate must be like 500/min, 300/5m or 500/min, burst 50, was '" + text + "'");
        }
        long amount = Long.parseLong(written.group(1));
        long units = written.group(2) == null ? 1 : Long.parseLong(written.group(2));
        long burst = written.group(4) == null ? amount : Long.parseLong(written.group(4));
        return new Rate(amount, UNITS.get(written.group(3)).multipliedBy(units), burst);
    }

    /**
     * This rate with so many events at once.
     *
     * @param burst 1 and up
     */
    public Rate withBurst(long burst) {
        return new Rate(amount, per, burst);
    }

    /** As {@link #parse} reads it, if its time is in whole seconds. */
    @Override
    public String toString() {
        String time = UNITS.entrySet().stream()
                .filter(unit -> unit.getKey().matches("s|min|h|d") && per.equals(unit.getValue()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(per.toNanosPart() == 0 ? per.toSeconds() + "s" : per.toString());
        return amount + "/" + time + (burst == amount ? "" : ", burst " + burst);
    }
}
