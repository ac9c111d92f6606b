package io.github.smtpproxy.internal.wire;

import java.util.Locale;

/**
 * A line that the client sent.
 *
 * @param text without its line end, one char for each octet; cut where the line was too long
 * @param flaw what is wrong with it
 */
public record CommandLine(String text, Flaw flaw) {

    /** What can be wrong with a line before it is understood. */
    public enum Flaw {
        NONE,
        TOO_LONG,
        BARE_LINE_END,
        NUL
    }

    /** The first word in upper case. */
    public String verb() {
        return text.substring(0, verbEnd()).toUpperCase(Locale.ROOT);
    }

    /** What follows the first word. */
    public String argument() {
        return text.substring(verbEnd()).strip();
    }

    private int verbEnd() {
        int space = text.indexOf(' ');
        return space < 0 ? text.length() : space;
    }
}
