package io.github.smtpproxy.throttling;

import io.github.smtpproxy.protocol.Reply;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** An answer of a destination by which it asks for less mail: its code, and what is in its text. Immutable. */
public final class Answer {

    /** Characters of an answer that are looked at: a destination must not cost more. */
    private static final int LOOKED_AT = 1_000;

    /** One mailbox, one message or a greylist is no sign of how much the destination takes. */
    private static final String NOT_OF_ONE = "\\A(?!4\\.2\\.|4\\.5\\.3|.*gr[ae]y-?list)";

    private static final String TOO_FAST =
            ".*(?:\\brates?\\b|rate-?limit|throttl|too (?:many|much|fast|quickly|frequent)"
                    + "|deferred due to|try again later)";

    private static final List<Answer> DEFAULTS = List.of(
            new Answer(421, "\\A(?!4\\.4\\.2|.*time(?:d |-)?out)"),
            new Answer(450, NOT_OF_ONE + TOO_FAST),
            new Answer(451, NOT_OF_ONE + TOO_FAST),
            new Answer(452, NOT_OF_ONE + "(?!.*too many recipients)" + TOO_FAST));

    private final int code;
    private final Pattern text;

    private Answer(int code, String regex) {
        this.code = code;
        this.text = Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    /**
     * Answers of this code with this text.
     *
     * @param code 400 to 599
     * @param regex found anywhere in the text, without regard to case: the status and the words of all lines with a space
     *     between lines, the first 1,000 characters; an empty one is found in all. It comes from the host, and must not be
     *     one that takes exponential time
     */
    public static Answer of(int code, String regex) {
        Objects.requireNonNull(regex, "regex");
        if (code < 400 || code > 599) {
            throw new IllegalArgumentException("code must be between 400 and 599, was " + code);
        }
        try {
            return new Answer(code, regex);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("regex is none: " + e.getDescription() + ", was " + regex, e);
        }
    }

    /** 421 that is no timeout, and 450, 451 and 452 whose words name a rate. The documentation has a table of them. */
    public static List<Answer> defaults() {
        return DEFAULTS;
    }

    boolean matches(Reply reply) {
        if (reply.code() != code) {
            return false;
        }
        String words = String.join(" ", reply.lines());
        return text.matcher(words.substring(0, Math.min(LOOKED_AT, words.length())))
                .find();
    }

    /** The code and the expression. */
    @Override
    public String toString() {
        return code + " " + text;
    }
}
