package io.github.smtpproxy.internal.message;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The begin of a message behind the Received field. As Postfix does: mailbox lines become fields, and if white space comes
 * next, an empty line goes before it, or it would continue the Received field. Octets are held back as long as they may
 * begin a mailbox line, and no longer.
 */
final class FirstLines {

    /** Octets of a line that are looked at, at most. */
    private static final int MAX_LINE = 1_000;

    /** Octets of mailbox lines that are changed, at most. */
    private static final int MAX_OCTETS = 64 * 1024;

    private final boolean stuffed;
    private final ByteArrayOutputStream ready = new ByteArrayOutputStream();
    private byte[] line = new byte[16];
    private int held;
    private int seen;
    private boolean inMailboxLine;
    private boolean over;

    /**
     * @param field the Received field; if it is empty, the message is left as it is
     * @param stuffed whether a dot that begins a line is doubled
     */
    FirstLines(byte[] field, boolean stuffed) {
        this(stuffed);
        this.over = field.length == 0;
        ready.writeBytes(field);
    }

    private FirstLines(boolean stuffed) {
        this.stuffed = stuffed;
    }

    /** The begin of a message, as it stands behind the field. */
    static byte[] behindField(byte[] octets, int to, boolean stuffed) {
        FirstLines first = new FirstLines(stuffed);
        int rest = first.look(octets, 0, to);
        first.finish();
        first.ready.write(octets, rest, to - rest);
        return first.take();
    }

    /** Whether what follows passes as it is. */
    boolean isOver() {
        return over;
    }

    /** What is to be sent before what follows; the field first. */
    byte[] take() {
        byte[] taken = ready.toByteArray();
        ready.reset();
        return taken;
    }

    /** Looks at what has arrived; the index from which on it passes as it is. */
    int look(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && !over) {
            if (inMailboxLine) {
                inMailboxLine = bytes[i] != '\n';
                ready.write(bytes[i++]);
            } else {
                hold(bytes[i++]);
                decide();
            }
            if (++seen == MAX_OCTETS) {
                finish();
            }
        }
        return i;
    }

    /** The message ends. */
    void finish() {
        if (!over) {
            pass();
        }
    }

    private void hold(byte octet) {
        if (held == line.length) {
            line = Arrays.copyOf(line, MAX_LINE);
        }
        line[held++] = octet;
    }

    private void decide() {
        int text = stuffed && line[0] == '.' ? 1 : 0;
        if (held > text && MailboxLine.isBlank(line[text])) {
            ready.write('\r');
            ready.write('\n');
            pass();
            return;
        }
        MailboxLine.Guess guess = MailboxLine.guess(line, text, held);
        if (guess == MailboxLine.Guess.YES) {
            ready.writeBytes(MailboxLine.NAME);
            ready.write(line, text, held - text);
            held = 0;
            inMailboxLine = true;
        } else if (guess == MailboxLine.Guess.NO || held == MAX_LINE) {
            pass();
        }
    }

    private void pass() {
        ready.write(line, 0, held);
        held = 0;
        over = true;
    }
}
