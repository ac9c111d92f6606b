package io.github.smtpproxy.filters;

/** Text of others in a reply, a header field or a log. */
public final class Printable {

    private static final int MAX = 200;

    private Printable() {}

    /** This text on one line of printable US-ASCII: other characters become {@code ?}, and 200 are kept at most. */
    public static String of(String text) {
        String start = text.length() > MAX ? text.substring(0, MAX) : text;
        return start.replaceAll("[\\r\\n\\t]+", " ").replaceAll("[^ -~]", "?").strip();
    }
}
