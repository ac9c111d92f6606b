package io.github.smtpproxy.internal.wire;

/** Makes text of a peer safe for a log: no control character, no line break, at most 512 characters. */
public final class LogText {

    private static final int MAX = 512;

    private LogText() {}

    /** Escapes control and non-ASCII characters as {@code \xHH}, and cuts the text. */
    public static String escape(String text) {
        int clean = 0;
        while (clean < text.length() && isSafe(text.charAt(clean))) {
            clean++;
        }
        return clean == text.length() && clean <= MAX ? text : escaped(text);
    }

    /** The escaped text as it may stand in quotes. */
    public static String inQuotes(String text) {
        return escape(text).replace("\"", "\\x22");
    }

    private static String escaped(String text) {
        StringBuilder safe = new StringBuilder();
        for (int i = 0; i < text.length() && i < MAX; i++) {
            char c = text.charAt(i);
            if (isSafe(c)) {
                safe.append(c);
            } else {
                safe.append(c == '\\' ? "\\\\" : String.format("\\x%02X", (int) c));
            }
        }
        return safe.append(text.length() > MAX ? "..." : "").toString();
    }

    private static boolean isSafe(int c) {
        return c >= ' ' && c < 0x7F && c != '\\';
    }
}
