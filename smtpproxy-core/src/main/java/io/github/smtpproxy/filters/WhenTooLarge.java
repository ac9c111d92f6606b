package io.github.smtpproxy.filters;

/** What becomes of a message that is larger than a scanner takes. */
public enum WhenTooLarge {
    /** It goes on without having been scanned. */
    PASS,
    /** It is refused for now, with {@code 451 4.7.1}. */
    DEFER,
    /** It is refused with {@code 552 5.3.4}. */
    REFUSE
}
