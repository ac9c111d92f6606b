package io.github.smtpproxy.protocol;

import java.util.List;
import java.util.Objects;

/** A reply that is known. */
final class ReplyLines implements Reply {

    private final List<String> wireLines;
    private final int code;

    ReplyLines(List<String> wireLines) {
        this.wireLines = List.copyOf(wireLines);
        this.code = Integer.parseInt(wireLines.get(0), 0, 3, 10);
    }

    static Reply parse(List<String> wireLines) {
        Objects.requireNonNull(wireLines, "wireLines");
        wireLines.forEach(line -> Objects.requireNonNull(line, "line"));
        if (wireLines.isEmpty()) {
            throw new IllegalArgumentException("wireLines must have at least one line");
        }
        String first = wireLines.get(0);
        for (int i = 0; i < wireLines.size(); i++) {
            String line = wireLines.get(i);
            boolean last = i == wireLines.size() - 1;
            if (!line.regionMatches(0, first, 0, 3) || !Reply.isReplyLine(line) || Reply.isLast(line) != last) {
                throw new IllegalArgumentException("line " + (i + 1) + " is no line of this reply (RFC 5321 §4.2)");
            }
        }
        return new ReplyLines(wireLines);
    }

    /** RFC 5321 §4.2: HT and printable US-ASCII; UTF-8 would need the client's consent (RFC 6531 §3.7.4.2). */
    static String requirePrintable(String text) {
        Objects.requireNonNull(text, "text");
        if (text.length() > MAX_LINE - 4 || !text.chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 0x7F))) {
            throw new IllegalArgumentException(
                    "text of a reply must be printable US-ASCII of at most " + (MAX_LINE - 4) + " characters");
        }
        return text;
    }

    @Override
    public List<String> wireLines() {
        return wireLines;
    }

    @Override
    public int code() {
        return code;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Reply reply && wireLines.equals(reply.wireLines());
    }

    @Override
    public int hashCode() {
        return wireLines.hashCode();
    }

    /** The lines of the wire, joined by {@code " / "}. */
    @Override
    public String toString() {
        return String.join(" / ", wireLines);
    }
}
