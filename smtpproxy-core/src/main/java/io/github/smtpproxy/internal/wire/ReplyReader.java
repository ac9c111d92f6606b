package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Replies as servers say them. The code counts, that of the last line (RFC 5321 §4.2); the text is cleaned and cut, and
 * never a reason not to believe what was said: a client would send again what was accepted.
 */
final class ReplyReader {

    /** What is kept of a reply; what comes behind it is read for the last line's code only. */
    private static final int MAX_KEPT = 64 * 1024;

    private static final int MAX_KEPT_LINES = 256;

    /** A reply that goes on for longer never ends. */
    private static final int MAX_READ = 1 << 20;

    private final ReadBuffer buffer;
    private final Consumer<String> heard;
    private int read;

    /** Brings more octets into the buffer. */
    interface Source {
        void fill() throws IOException;
    }

    /** @param heard is told of each line */
    ReplyReader(ReadBuffer buffer, Consumer<String> heard) {
        this.buffer = buffer;
        this.heard = heard;
    }

    /** The next reply; its lines may end in LF alone. */
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

    /** Lines with a code of another kind, such as the 220 before a 521, are no words of this answer. */
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
        heard.accept(line);
        if (!Reply.isReplyLine(line)) {
            // the line itself may quote a secret; the transcript has it
            throw new MalformedReplyException("a line of " + line.length() + " octets that is no reply");
        }
        return line;
    }

    /** The octets of a line without its LF, as far as they are kept. */
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

    /** A line that may stand in a reply: its code, one separator, and no control character but the tabs of its text. */
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

    /** Not in the middle of a character of UTF-8. */
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
