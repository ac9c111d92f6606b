package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.Transcript;
import java.util.Locale;

/** What may stand in a log: no secret, and nothing that a terminal or a log reader would take for something else. */
public final class Redaction {

    /** The transcript of a proxy that nobody watches. */
    public static final Transcript SILENT = (session, lane, fromProxy, line) -> {};

    private static final int MAX = 512;

    private Redaction() {}

    /** The line without what follows AUTH, control and non-ASCII characters escaped, cut to 512 characters. */
    public static String redact(String line) {
        boolean auth = line.length() > 4
                && line.substring(0, 4).toUpperCase(Locale.ROOT).equals("AUTH");
        return escape(auth ? "AUTH (redacted)" : line);
    }

    /** The text with control and non-ASCII characters escaped, cut to 512 characters. */
    public static String escape(String text) {
        StringBuilder safe = new StringBuilder();
        for (int i = 0; i < text.length() && i < MAX; i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c < 0x7F && c != '\\') {
                safe.append(c);
            } else {
                safe.append(c == '\\' ? "\\\\" : String.format("\\x%02X", (int) c));
            }
        }
        return safe.append(text.length() > MAX ? "..." : "").toString();
    }
}
