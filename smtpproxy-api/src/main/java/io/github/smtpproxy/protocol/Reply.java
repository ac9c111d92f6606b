package io.github.smtpproxy.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a command ends with: a code and one or more lines of text (RFC 5321 §4.2). A reply that came from a destination
 * is kept word for word, so that it can be passed on as it was said; only control characters are spaces in it, lines too
 * long are cut, and all of them have the code of the last. Immutable. No CR, LF or NUL can get into one.
 *
 * <p>A reply that {@code Chain.proceed} returned may still be on its way; it is waited for when it is first looked at.
 * A filter that returns it unseen lets a pipelined group of commands stay one group. Such a reply is to be looked at on
 * the session's own thread only; on another it is an {@link IllegalStateException}.
 */
public final class Reply {

    /** The most octets a line of a reply may have, without its line end (RFC 5321 §4.5.3.1.5 says 510; peers say more). */
    public static final int MAX_LINE = 4096;

    private List<String> wireLines;
    private int code;
    private boolean parsed;
    // written last: whoever sees that it is gone sees the rest, on any thread
    private volatile Optional<Supplier<Reply>> source;

    private Reply(List<String> wireLines, boolean parsed) {
        this.wireLines = wireLines;
        this.code = Integer.parseInt(wireLines.get(0), 0, 3, 10);
        this.parsed = parsed;
        this.source = Optional.empty();
    }

    private Reply(Supplier<Reply> source) {
        this.wireLines = List.of();
        this.source = Optional.of(source);
    }

    /**
     * A reply with one or more lines of text.
     *
     * @param code 200 to 599
     * @param text the lines, printable US-ASCII; none makes a reply of the code alone
     * @throws IllegalArgumentException if the code or a line is not allowed
     */
    public static Reply of(int code, String... text) {
        Objects.requireNonNull(text, "text");
        requireCode(code);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < text.length; i++) {
            lines.add(code + (i < text.length - 1 ? "-" : " ") + requirePrintable(text[i]));
        }
        return new Reply(lines.isEmpty() ? List.of(Integer.toString(code)) : List.copyOf(lines), false);
    }

    /**
     * A refusal for good: code 550 with an enhanced status.
     *
     * @param status an enhanced status of category 5, such as {@code "5.7.1"}
     * @param text why, in printable US-ASCII
     */
    public static Reply reject(String status, String text) {
        return refusal(550, status, text);
    }

    /**
     * A refusal for now; the client will try again: code 451 with an enhanced status.
     *
     * @param status an enhanced status of category 4, such as {@code "4.7.1"}
     * @param text why, in printable US-ASCII
     */
    public static Reply defer(String status, String text) {
        return refusal(451, status, text);
    }

    /**
     * A refusal with a code of choice, 400 to 599. After 421 the proxy closes the session.
     *
     * @param status an enhanced status of the code's category
     * @param text why, in printable US-ASCII
     * @throws IllegalArgumentException if code and status do not belong together (RFC 2034 §4)
     */
    public static Reply refusal(int code, String status, String text) {
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(text, "text");
        EnhancedStatus parsed = EnhancedStatus.parse(status)
                .filter(s -> s.toString().equals(status) && s.category() == code / 100)
                .orElseThrow(() -> new IllegalArgumentException("a reply with code " + code
                        + " needs an enhanced status like " + code / 100 + ".7.1, not " + status));
        if (code < 400) {
            throw new IllegalArgumentException("the code of a refusal is 400 to 599, not " + code);
        }
        return of(code, parsed + " " + text);
    }

    /**
     * A reply as it stood on the wire.
     *
     * @param wireLines each line with its code and separator, without its line end, one char for each octet
     * @throws IllegalArgumentException if the lines are no reply: no code, codes that differ, a continuation missing or
     *     too many
     */
    public static Reply parse(List<String> wireLines) {
        Objects.requireNonNull(wireLines, "wireLines");
        wireLines.forEach(line -> Objects.requireNonNull(line, "line"));
        if (wireLines.isEmpty()) {
            throw new IllegalArgumentException("a reply has at least one line");
        }
        String first = wireLines.get(0);
        for (int i = 0; i < wireLines.size(); i++) {
            String line = wireLines.get(i);
            boolean last = i == wireLines.size() - 1;
            if (!line.regionMatches(0, first, 0, 3) || !isReplyLine(line) || isLast(line) != last) {
                throw new IllegalArgumentException("line " + (i + 1) + " does not belong to a reply of RFC 5321 §4.2");
            }
        }
        return new Reply(List.copyOf(wireLines), true);
    }

    /** Whether a line of the wire has the form of a reply's line: a code, then nothing, a space or a hyphen. */
    public static boolean isReplyLine(String line) {
        Objects.requireNonNull(line, "line");
        return line.length() >= 3
                && line.charAt(0) >= '2'
                && line.charAt(0) <= '5'
                && Character.digit(line.charAt(1), 10) >= 0
                && Character.digit(line.charAt(2), 10) >= 0
                && (line.length() == 3 || line.charAt(3) == ' ' || line.charAt(3) == '-')
                && line.length() <= MAX_LINE
                && Octets.fitInLine(line);
    }

    /** Whether a line of the form of {@link #isReplyLine} is the last of its reply. */
    public static boolean isLast(String line) {
        Objects.requireNonNull(line, "line");
        return line.length() == 3 || line.charAt(3) == ' ';
    }

    /**
     * A reply that is not there yet. It is asked for once, when the reply is first looked at, which only the thread that
     * calls this may do: on another it is an {@link IllegalStateException}.
     *
     * @param source waits for the reply; called at most once
     */
    public static Reply when(Supplier<Reply> source) {
        Objects.requireNonNull(source, "source");
        Thread owner = Thread.currentThread();
        return new Reply(() -> {
            if (Thread.currentThread() != owner) {
                throw new IllegalStateException(
                        "a reply that is on its way is looked at on the thread of its session only");
            }
            return source.get();
        });
    }

    /**
     * Whether it was read, by {@link #parse}, and not made by one of the other methods here: a destination's own words are.
     * Replies of the same lines are equal either way.
     */
    public boolean isParsed() {
        return known().parsed;
    }

    /** Whether it is here: one that is still on its way is waited for when it is looked at. */
    public boolean isKnown() {
        return source.isEmpty();
    }

    /** The lines as they stand on the wire, without their line ends, one char for each octet; at least one. */
    public List<String> wireLines() {
        return known().wireLines;
    }

    /** The code, 200 to 599. */
    public int code() {
        return known().code;
    }

    /** The text of each line, readable; empty text for a line that has none. */
    public List<String> lines() {
        return wireLines().stream()
                .map(line -> line.length() <= 4 ? "" : Octets.decode(line.substring(4)))
                .collect(Collectors.toUnmodifiableList());
    }

    /** The enhanced status that the first line starts with, if it belongs to the code. */
    public Optional<EnhancedStatus> status() {
        return EnhancedStatus.parse(lines().get(0)).filter(status -> status.category() == code() / 100);
    }

    /** 2xx: done. */
    public boolean isPositive() {
        return code() / 100 == 2;
    }

    /** 3xx: go on. */
    public boolean isIntermediate() {
        return code() / 100 == 3;
    }

    /** 4xx: not now. */
    public boolean isTransient() {
        return code() / 100 == 4;
    }

    /** 5xx: not at all. */
    public boolean isPermanent() {
        return code() / 100 == 5;
    }

    /** 4xx or 5xx. */
    public boolean isRefusal() {
        return code() >= 400;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Reply reply && reply.wireLines().equals(wireLines());
    }

    @Override
    public int hashCode() {
        return wireLines().hashCode();
    }

    /** The lines of the wire, joined by {@code " / "}. */
    @Override
    public String toString() {
        return String.join(" / ", wireLines());
    }

    /** This reply, once it has been waited for. */
    private Reply known() {
        if (source.isPresent()) {
            Reply arrived = source.get().get().known();
            wireLines = arrived.wireLines;
            code = arrived.code;
            parsed = arrived.parsed;
            source = Optional.empty();
        }
        return this;
    }

    private static void requireCode(int code) {
        if (code < 200 || code > 599) {
            throw new IllegalArgumentException("the code of a reply is 200 to 599, not " + code);
        }
    }

    private static String requirePrintable(String text) {
        Objects.requireNonNull(text, "text");
        // RFC 5321 §4.2: HT and printable US-ASCII; UTF-8 would need the client's consent (RFC 6531 §3.7.4.2)
        if (text.length() > MAX_LINE - 4 || !text.chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 0x7F))) {
            throw new IllegalArgumentException(
                    "the text of a reply is printable US-ASCII of at most " + (MAX_LINE - 4) + " characters");
        }
        return text;
    }
}
