package io.github.smtpproxy.config;

/** The least and the most that a setting may be. */
final class Bounds {

    private Bounds() {}

    static int check(String name, int value, int min, int max) {
        return (int) check(name, (long) value, min, max);
    }

    static long check(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be between " + min + " and " + max + ", was " + value);
        }
        return value;
    }
}
