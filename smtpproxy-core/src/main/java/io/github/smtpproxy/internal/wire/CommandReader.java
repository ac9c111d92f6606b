package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.internal.wire.CommandLine.Flaw;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads command lines. A line ends with CRLF (RFC 5321 §2.3.8). Where a bare CR or LF comes first, everything up to the
 * next CRLF belongs to the same malformed line and is discarded: a server that accepts bare LF would take the rest for a
 * command, while the sender may have meant it as text (SMTP smuggling). The CRLF may come in a later read, so discarding
 * is a state between calls.
 */
final class CommandReader {

    private static final int MAX_DISCARDED = 2 << 20;

    /** How much of a line that is too long is kept, to name it in the transcript and in a log. */
    private static final int KEPT_OF_TOO_LONG = 64;

    private final ReadBuffer buffer;
    private final WireTranscript transcript;
    private boolean crlfOnly = true;
    private boolean discarding;
    private int discarded;

    CommandReader(ReadBuffer buffer, WireTranscript transcript) {
        this.buffer = buffer;
        this.transcript = transcript;
    }

    void acceptBareLineFeeds() {
        crlfOnly = false;
    }

    /**
     * Reads the next line.
     *
     * @param max octets of a line with its end
     * @param authMax the same for an AUTH command
     */
    CommandLine next(InputStream in, int max, int authMax) throws IOException {
        discardRest(in);
        int scanned = 0;
        while (true) {
            int lf = buffer.lineFeed(buffer.position() + scanned);
            int length = lf < 0 ? buffer.size() : lf + 1 - buffer.position();
            if (length > max && length > (startsWithAuth() ? authMax : max)) {
                return tooLong(in);
            }
            if (lf >= 0) {
                return line(lf);
            }
            scanned = buffer.size();
            buffer.fillLine(in);
        }
    }

    private CommandLine line(int lf) throws IOException {
        boolean ends = !crlfOnly || buffer.endsInCrlf(lf);
        String text = buffer.line(lf);
        buffer.consume(lf + 1);
        transcript.received(text);
        if (!ends) {
            startDiscarding();
        }
        return new CommandLine(text, flaw(text, ends));
    }

    private static Flaw flaw(String text, boolean ends) {
        if (!ends || text.indexOf('\r') >= 0) {
            return Flaw.BARE_LINE_END;
        }
        return text.indexOf('\0') >= 0 ? Flaw.NUL : Flaw.NONE;
    }

    /** The reply to a line that is too long waits for its end, or the client would still be sending. */
    private CommandLine tooLong(InputStream in) throws IOException {
        int start = buffer.position();
        String text = buffer.text(start, Math.min(buffer.limit(), start + KEPT_OF_TOO_LONG));
        transcript.received(text + "...");
        startDiscarding();
        discardRest(in);
        return new CommandLine(text, Flaw.TOO_LONG);
    }

    private void startDiscarding() throws IOException {
        discarded = 0;
        discardBuffered();
    }

    private void discardRest(InputStream in) throws IOException {
        while (discarding) {
            buffer.fillLine(in);
            discardBuffered();
        }
    }

    private void discardBuffered() throws IOException {
        int before = buffer.size();
        discarding = !buffer.discardLine(crlfOnly);
        discarded += before - buffer.size();
        if (discarded > MAX_DISCARDED) {
            throw new EOFException("line of more than " + MAX_DISCARDED + " octets");
        }
    }

    private boolean startsWithAuth() {
        int start = buffer.position();
        return buffer.size() >= 5 && buffer.text(start, start + 5).equalsIgnoreCase("AUTH ");
    }
}
