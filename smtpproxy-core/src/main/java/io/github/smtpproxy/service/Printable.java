package io.github.smtpproxy.service;

import java.util.Objects;

/** Text of others in a reply, a header field or a log. */
public final class Printable {

    private static final int MAX = 200;
    /** RFC 5322 §2.1.1, with room for the name of a field. */
    private static final int MAX_LINE = 900;

    private static final int MAX_NAME = 76;

    private Printable() {}

    /** This text on one line of printable US-ASCII: other characters become {@code ?}, and 200 are kept at most. */
    public static String of(String text) {
        return clean(text, MAX);
    }

    /** This text for a field of a message, as {@link #of} makes it, and 900 characters at most. */
    public static String line(String text) {
        return clean(text, MAX_LINE);
    }

    private static String clean(String text, int max) {
        Objects.requireNonNull(text, "text");
        String start = text.length() > max ? text.substring(0, max) : text;
        return start.replaceAll("[\\r\\n\\t]+", " ").replaceAll("[^ -~]", "?").strip();
    }

    /** This text as the name of a field: what cannot be in one becomes {@code -}, and 76 characters are kept at most. */
    public static String fieldName(String text) {
        Objects.requireNonNull(text, "text");
        String name = text.substring(0, Math.min(text.length(), MAX_NAME)).replaceAll("[^!-9;-~]", "-");
        return name.isEmpty() ? "-" : name;
    }
}
