package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads replies as servers send them. The code of the last line counts (RFC 5321 §4.2). The text never makes a reply
 * invalid: it is cleaned and cut instead, because a client that gets no 250 for an accepted message sends it again.
 */
final class ReplyReader {

    /** How many octets of a reply are kept. Of what follows only the code of the last line is used. */
    private static final int MAX_KEPT = 64 * 1024;

    private static final int MAX_KEPT_LINES = 256;

    /** A longer reply is an error. */
    private static final int MAX_READ = 1 << 20;

    private final ReadBuffer buffer;
    private final Consumer<String> received;
    private int read;

    /** Reads more octets into the buffer. */
    interface Source {
        void fill() throws IOException;
    }

    /** @param received gets each line */
    ReplyReader(ReadBuffer buffer, Consumer<String> received) {
        this.buffer = buffer;
        this.received = received;
    }

    /** Reads the next reply. Its lines may end in LF without CR. */
    Reply next(Source source) throws IOException {
        read = 0;
        List<String> lines = new ArrayList<>(1);
        String line = line(source);
        for (int kept = 0; isContinued(line); line = line(source)) {
            kept += line.length() + 2;
            if (kept <= MAX_KEPT - Reply.MAX_LINE && lines.size() < MAX_KEPT_LINES) {
                lines.add(line);
            }
        }
        return ServerReply.parse(lines.isEmpty() ? List.of(line) : ofOneCode(lines, line));
    }

    /** Drops lines whose code has another first digit, such as 220 before 521: they contradict the reply. */
    private static List<String> ofOneCode(List<String> before, String last) {
        List<String> lines = new ArrayList<>(before.size() + 1);
        String code = last.substring(0, 3);
        for (String line : before) {
            if (line.charAt(0) == code.charAt(0)) {
                lines.add(line.startsWith(code) ? line : code + line.substring(3));
            }
        }
        lines.add(last);
        return lines;
    }

    private static boolean isContinued(String line) {
        return line.length() > 3 && line.charAt(3) == '-';
    }

    private String line(Source source) throws IOException {
        String line = cleaned(octets(source));
        received.accept(line);
        if (!Reply.isReplyLine(line)) {
            // without the line itself, which may quote a secret; the transcript has it redacted
            throw new MalformedReplyException("a line of " + line.length() + " octets without a reply code");
        }
        return line;
    }

    /** Consumes a line and returns its first octets, without LF. The rest of a long line does not stay in the buffer. */
    private String octets(Source source) throws IOException {
        int lf = buffer.lineFeed(buffer.position());
        while (lf < 0 && buffer.size() <= Reply.MAX_LINE) {
            int scanned = buffer.size();
            source.fill();
            lf = buffer.lineFeed(buffer.position() + scanned);
        }
        int end = Math.min(lf < 0 ? buffer.limit() : lf, buffer.position() + Reply.MAX_LINE + 2);
        String octets = buffer.text(buffer.position(), end);
        while (lf < 0) {
            count(buffer.limit());
            source.fill();
            lf = buffer.lineFeed(buffer.position());
        }
        count(lf + 1);
        return octets;
    }

    private void count(int end) throws MalformedReplyException {
        read += end - buffer.position();
        buffer.consume(end);
        if (read > MAX_READ) {
            throw new MalformedReplyException("a reply of more than " + MAX_READ + " octets");
        }
    }

    /** Cleans a line: one separator after the code, no control character but TAB, and no more than {@link Reply#MAX_LINE}. */
    static String cleaned(String octets) {
        int end = octets.length();
        while (end > 0 && octets.charAt(end - 1) == '\r') {
            end--;
        }
        String line = octets.substring(0, end);
        if (line.length() > 3 && line.charAt(3) != '-' && line.charAt(3) != ' ' && !isDigit(line.charAt(3))) {
            line = line.substring(0, 3) + " " + line.substring(isControl(line.charAt(3)) ? 4 : 3);
        }
        return cut(printable(line));
    }

    private static String printable(String line) {
        int clean = 0;
        while (clean < line.length() && (line.charAt(clean) == '\t' || !isControl(line.charAt(clean)))) {
            clean++;
        }
        return clean == line.length() ? line : line.replaceAll("[\\x00-\\x08\\x0A-\\x1F\\x7F]", " ");
    }

    /** Cuts a line that is too long, but not within a character of UTF-8. */
    private static String cut(String line) {
        if (line.length() <= Reply.MAX_LINE) {
            return line;
        }
        int end = Reply.MAX_LINE;
        while (end > Reply.MAX_LINE - 3 && (line.charAt(end) & 0xC0) == 0x80) {
            end--;
        }
        return line.substring(0, end);
    }

    private static boolean isControl(char c) {
        return c < ' ' || c == 0x7F;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
