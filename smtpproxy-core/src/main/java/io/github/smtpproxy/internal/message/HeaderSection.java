package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * The header section of a message, as it arrived. A line ends in LF, with or without a CR before it. An empty line ends
 * the section, and so does white space at the begin of the message: behind the Received field it would continue that.
 */
final class HeaderSection implements AutoCloseable {

    private static final byte[] NOTHING = {};
    private static final byte[] CRLF = {'\r', '\n'};

    /** Memory of a parsed field, beside its octets. */
    private static final int FIELD = 64;

    private final Endpoint endpoint;
    private final boolean stuffed;
    private final Budget.Share budget;
    private Optional<Reply> refusal = Optional.empty();
    private byte[] octets = NOTHING;
    private int size;
    private int line;
    private int fields;
    private boolean opening = true;
    private boolean complete;
    private boolean blank;
    private int end;
    private Optional<Headers> headers = Optional.empty();

    /** @param stuffed whether dots that begin a line are doubled */
    HeaderSection(Endpoint endpoint, Budget budget, boolean stuffed) {
        this.endpoint = endpoint;
        this.stuffed = stuffed;
        this.budget = budget.share();
    }

    /** Whether its end has been read. */
    boolean isComplete() {
        return complete;
    }

    /** Why the message is refused, if it is. */
    Optional<Reply> refusal() {
        return refusal;
    }

    /** White space that begins the message, and so its body, as far as it was read here. */
    byte[] bodyBegin() {
        return blank ? Arrays.copyOfRange(octets, end, size) : NOTHING;
    }

    /** Reads more of the message; the index from which on it is body. */
    int add(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && !complete && refusal.isEmpty()) {
            int lineEnd = lineEnd(bytes, i, to);
            append(bytes, i, lineEnd);
            i = lineEnd;
            if (refusal.isEmpty()) {
                look(octets[size - 1] == '\n');
            }
        }
        return i;
    }

    /** The message ends. */
    void finish() {
        if (!complete && refusal.isEmpty() && line < size) {
            // its last line has no end
            count(textOf(line));
        }
        if (!complete && refusal.isEmpty()) {
            complete(size);
        }
    }

    private static int lineEnd(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                return i + 1;
            }
        }
        return to;
    }

    private void append(byte[] bytes, int from, int to) {
        int needed = size + to - from;
        if (needed > endpoint.maxHeaderOctets() + CRLF.length) {
            refuse(Replies.HEADER_TOO_BIG);
        } else if (needed > octets.length) {
            grow(needed);
        }
        if (refusal.isEmpty()) {
            System.arraycopy(bytes, from, octets, size, to - from);
            size = needed;
        }
    }

    private void grow(int needed) {
        int most = Math.max(needed, endpoint.maxHeaderOctets());
        int length = Math.max(needed, Math.min(most, Math.max(1024, octets.length * 2)));
        if (budget.take(length - octets.length)) {
            octets = Arrays.copyOf(octets, length);
        } else {
            refuse(Replies.NO_MEMORY);
        }
    }

    /** @param whole whether the last line has been read to its end */
    private void look(boolean whole) {
        int text = textOf(line);
        if (opening && text < size && MailboxLine.isBlank(octets[text])) {
            blank = true;
            complete(line);
        } else if (whole && isEmpty(text)) {
            complete(line);
        } else if (whole) {
            count(text);
        }
    }

    private boolean isEmpty(int text) {
        return octets[text] == '\n' || octets[text] == '\r' && octets[text + 1] == '\n';
    }

    private void count(int text) {
        fields += !MailboxLine.isBlank(octets[text]) ? 1 : 0;
        opening &= MailboxLine.guess(octets, text, size) == MailboxLine.Guess.YES;
        line = size;
        if (fields > endpoint.maxHeaderFields()) {
            refuse(Replies.TOO_MANY_FIELDS);
        } else if (size > endpoint.maxHeaderOctets()) {
            refuse(Replies.HEADER_TOO_BIG);
        }
    }

    /** Where the text of a line begins: behind the dot of dot-stuffing. */
    private int textOf(int start) {
        boolean behindCrlf = start == 0 || start >= 2 && octets[start - 2] == '\r';
        return stuffed && behindCrlf && start < size && octets[start] == '.' ? start + 1 : start;
    }

    private void complete(int at) {
        complete = true;
        end = at;
        if (end > endpoint.maxHeaderOctets()) {
            refuse(Replies.HEADER_TOO_BIG);
        } else if (!budget.take(end + (long) fields * FIELD)) {
            refuse(Replies.NO_MEMORY);
        }
    }

    private void refuse(Reply reply) {
        refusal = Optional.of(reply);
        close();
    }

    /** The fields, for filters; mailbox lines are among them as the fields that they become behind another field. */
    Headers headers() {
        if (headers.isEmpty()) {
            byte[] named = FirstLines.behindField(octets, end, stuffed);
            headers = Optional.of(Headers.parse(stuffed ? DotStuffing.unstuffed(named, 0, named.length) : named));
        }
        return headers.get();
    }

    /** Whether CRLF comes before the body, so that a dot there is doubled. */
    boolean bodyBeginsLine() {
        return !hasSeparator() || size - end > 1 && octets[size - 2] == '\r';
    }

    private boolean hasSeparator() {
        return size > end && !blank;
    }

    /**
     * These fields, and what separates them from the body, in the framing of the message. Those that arrived keep their
     * octets.
     *
     * @param behindField whether the Received field comes before
     * @param replaced whether a body follows that is not the client's
     */
    byte[] section(Headers passedOn, boolean behindField, boolean replaced) {
        boolean changed = passedOn != headers();
        byte[] before = changed
                ? framed(passedOn, replaced)
                : behindField ? FirstLines.behindField(octets, end, stuffed) : Arrays.copyOf(octets, end);
        boolean added = replaced || blank && (behindField || changed && before.length > 0);
        byte[] separator = hasSeparator() ? Arrays.copyOfRange(octets, end, size) : added ? CRLF : NOTHING;
        boolean open = separator.length > 0 && before.length > 0 && before[before.length - 1] != '\n';
        return joined(open ? joined(before, CRLF) : before, separator);
    }

    private byte[] framed(Headers fieldsAlone, boolean replaced) {
        if (!stuffed) {
            return fieldsAlone.toBytes();
        }
        boolean pass = endpoint.bareNewlines() == BareNewlines.PASS;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DotStuffing.Stuffer stuffer = new DotStuffing.Stuffer(out, pass, true)) {
            stuffer.write(fieldsAlone.toBytes());
            // behind a line that ends in a bare LF, the end of data would be none
            if (!pass || !hasSeparator() && !blank && !replaced) {
                stuffer.finish();
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Frees what is held. */
    @Override
    public void close() {
        octets = NOTHING;
        size = 0;
        end = 0;
        budget.close();
    }
}
