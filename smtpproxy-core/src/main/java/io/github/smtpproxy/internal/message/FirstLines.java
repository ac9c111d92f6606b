package io.github.smtpproxy.internal.message;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * What a field of ours that is put before a message does to its first lines, as Postfix does: mailbox lines become
 * fields, and where white space comes next an empty line is put before it, or it would go on with our field. Octets are
 * held back as long as they may begin a mailbox line, and no longer.
 */
final class FirstLines {

    /** A line that is not known to be one by then is none. */
    private static final int MOST = 1_000;

    /** A message that has gone on like this for so long is left as it is. */
    private static final int ENOUGH = 64 * 1024;

    private final boolean stuffed;
    private final ByteArrayOutputStream ready = new ByteArrayOutputStream();
    private byte[] line = new byte[16];
    private int held;
    private int seen;
    private boolean inMailboxLine;
    private boolean over;

    /**
     * @param ours the field; where it is empty, nothing is done
     * @param stuffed whether dots that begin a line are doubled
     */
    FirstLines(byte[] ours, boolean stuffed) {
        this.stuffed = stuffed;
        this.over = ours.length == 0;
        ready.writeBytes(ours);
    }

    /** Whether what still comes passes as it is. */
    boolean over() {
        return over;
    }

    /** What is to be said before all that comes behind what was looked at. */
    byte[] take() {
        byte[] taken = ready.toByteArray();
        ready.reset();
        return taken;
    }

    /** Looks at what came; the index from which on it passes as it is. */
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
            if (++seen == ENOUGH) {
                finish();
            }
        }
        return i;
    }

    /** No more comes. */
    void finish() {
        if (!over) {
            pass();
        }
    }

    private void hold(byte octet) {
        if (held == line.length) {
            line = Arrays.copyOf(line, MOST);
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
        } else if (guess == MailboxLine.Guess.NO || held == MOST) {
            pass();
        }
    }

    private void pass() {
        ready.write(line, 0, held);
        held = 0;
        over = true;
    }
}
