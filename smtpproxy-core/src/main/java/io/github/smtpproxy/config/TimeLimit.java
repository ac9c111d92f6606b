package io.github.smtpproxy.config;

import java.time.Duration;
import java.util.Objects;

/** The check of a setting that limits a time. */
public final class TimeLimit {

    private TimeLimit() {}

    /**
     * Gives the value back, if it is one.
     *
     * @param setting its name, for the message
     * @param longest the most that it may be
     * @throws IllegalArgumentException if it is zero, negative or longer
     */
    public static Duration check(String setting, Duration value, Duration longest) {
        Objects.requireNonNull(setting, "setting");
        Objects.requireNonNull(value, setting);
        Objects.requireNonNull(longest, "longest");
        if (value.isZero() || value.isNegative() || value.compareTo(longest) > 0) {
            throw new IllegalArgumentException(
                    setting + " must be above zero and at most " + longest + ", was " + value);
        }
        return value;
    }
}
