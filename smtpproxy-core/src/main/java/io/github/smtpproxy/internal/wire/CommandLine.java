package io.github.smtpproxy.internal.wire;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A line that the client sent.
 *
 * @param text without its line end, one char for each octet; the start only if the line was too long
 * @param flaw why it cannot be a command
 */
public record CommandLine(String text, Flaw flaw) {

    /** Those of a verb (RFC 5321 §2.4). The capital of another octet may be no octet. */
    private static final Pattern LETTERS = Pattern.compile("[a-z]+");

    /** Why a line cannot be a command, whatever it contains. */
    public enum Flaw {
        /** It can. */
        NONE,
        /** It is longer than the limit. */
        TOO_LONG,
        /** It contains a CR or LF that is no part of CRLF. */
        BARE_LINE_END,
        /** It contains a NUL. */
        NUL
    }

    /** The first word, in upper case. */
    public String verb() {
        return LETTERS.matcher(text.substring(0, verbEnd()))
                .replaceAll(letters -> letters.group().toUpperCase(Locale.ROOT));
    }

    /** What follows the first word, without white space around it. */
    public String argument() {
        return text.substring(verbEnd()).strip();
    }

    private int verbEnd() {
        int space = text.indexOf(' ');
        return space < 0 ? text.length() : space;
    }
}
