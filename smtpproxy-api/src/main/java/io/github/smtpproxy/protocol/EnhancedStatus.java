package io.github.smtpproxy.protocol;

import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An enhanced mail system status code (RFC 3463), such as {@code 5.1.1}.
 *
 * @param category 2 for success, 4 for a failure that may pass, 5 for one that stays
 * @param subject what the status is about, 0 to 999
 * @param detail what happened, 0 to 999
 */
public record EnhancedStatus(int category, int subject, int detail) {

    private static final Pattern FORM = Pattern.compile("([245])\\.(\\d{1,3})\\.(\\d{1,3})(?: .*)?");

    /** Checks the three numbers. */
    public EnhancedStatus {
        if (category != 2 && category != 4 && category != 5) {
            throw new IllegalArgumentException("category must be 2, 4 or 5, was " + category);
        }
        if (subject < 0 || subject > 999 || detail < 0 || detail > 999) {
            throw new IllegalArgumentException(
                    "subject and detail must be between 0 and 999, were " + subject + " and " + detail);
        }
    }

    /**
     * The status that stands at the start of a reply's text.
     *
     * @param text the text of a reply line, or a status alone
     * @return the status, or empty where the text does not start with one
     */
    public static Optional<EnhancedStatus> parse(String text) {
        Objects.requireNonNull(text, "status");
        Matcher m = FORM.matcher(text);
        return m.matches()
                ? Optional.of(new EnhancedStatus(
                        Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3))))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return category + "." + subject + "." + detail;
    }
}
