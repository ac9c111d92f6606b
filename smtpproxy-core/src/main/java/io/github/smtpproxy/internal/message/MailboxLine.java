package io.github.smtpproxy.internal.message;

import java.nio.charset.StandardCharsets;

/**
 * A line {@code From sender date}, with or without {@code >} before it, that begins a message: where one begins in a
 * mailbox. It is no field, and with a field of ours before it a server would take it, and all behind it, for the body.
 * So it becomes a field then, of the name that Postfix gives it.
 */
final class MailboxLine {

    /** What makes a field of it. */
    static final byte[] NAME = "X-Mailbox-Line: ".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] FROM = "From ".getBytes(StandardCharsets.US_ASCII);

    private MailboxLine() {}

    /** Whether it is one, as far as that can be said. */
    enum Guess {
        YES,
        NO,
        /** More octets of it are needed. */
        OPEN
    }

    /** Looks at the line that begins with these octets. */
    static Guess guess(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] == '>') {
            i++;
        }
        for (int j = 0; j < FROM.length; j++, i++) {
            if (i == to) {
                return Guess.OPEN;
            }
            if (bytes[i] != FROM[j]) {
                return Guess.NO;
            }
        }
        return Guess.YES;
    }

    /** White space that would make a line go on with the one before it. */
    static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }
}
