package io.github.smtpproxy.internal.message;

import java.nio.charset.StandardCharsets;

/**
 * A line {@code From sender date}, with or without {@code >} before it, which separates the messages of a mailbox file. It
 * is no field: behind the Received field, a server would take it, and the rest of the header section, for the body. So it
 * becomes a field there, with the name that Postfix gives it.
 */
final class MailboxLine {

    /** The name of the field. */
    static final byte[] NAME = "X-Mailbox-Line: ".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] FROM = "From ".getBytes(StandardCharsets.US_ASCII);

    private MailboxLine() {}

    /** Whether it is one, as far as its octets have arrived. */
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

    /** White space at the begin of a line continues the field before it (RFC 5322 §2.2.3). */
    static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }
}
