package io.github.smtpproxy.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The reply to a command: a code and one or more lines of text (RFC 5321 §4.2). Immutable. Replies of the same lines are
 * equal, whoever made them. No CR, LF or NUL can be in one.
 *
 * <p>A reply that {@code Chain.proceed} returns may still be pending: the first look at it waits for the server. A filter
 * that returns it without a look leaves a pipelined group of commands one group. Such a reply is for the session's own
 * thread; on another thread a look at it is an {@link IllegalStateException}.
 *
 * <p>This interface is not to be implemented by filters; the proxy copies a reply of a class that it does not know.
 */
public interface Reply {

    /** The most octets that a line of a reply may have, without its line end (RFC 5321 §4.5.3.1.5 allows 510; servers send more). */
    int MAX_LINE = 4096;

    /**
     * A reply with one or more lines of text.
     *
     * @param code 200 to 599
     * @param text the lines, printable US-ASCII; none makes a reply of the code alone
     * @throws IllegalArgumentException if the code or a line is not allowed
     */
    static Reply of(int code, String... text) {
        Objects.requireNonNull(text, "text");
        if (code < 200 || code > 599) {
            throw new IllegalArgumentException("code must be between 200 and 599, was " + code);
        }
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < text.length; i++) {
            lines.add(code + (i < text.length - 1 ? "-" : " ") + ReplyLines.requirePrintable(text[i]));
        }
        return new ReplyLines(lines.isEmpty() ? List.of(Integer.toString(code)) : lines);
    }

    /**
     * A permanent refusal: code 550 with an enhanced status.
     *
     * @param status an enhanced status of category 5, such as {@code "5.7.1"}
     * @param text why, in printable US-ASCII
     */
    static Reply reject(String status, String text) {
        return refusal(550, status, text);
    }

    /**
     * A transient refusal, after which the client tries again: code 451 with an enhanced status.
     *
     * @param status an enhanced status of category 4, such as {@code "4.7.1"}
     * @param text why, in printable US-ASCII
     */
    static Reply defer(String status, String text) {
        return refusal(451, status, text);
    }

    /**
     * A refusal with a code of choice, 400 to 599. After 421 the proxy closes the session.
     *
     * @param status an enhanced status of the code's category
     * @param text why, in printable US-ASCII
     * @throws IllegalArgumentException if code and status do not belong together (RFC 2034 §4)
     */
    static Reply refusal(int code, String status, String text) {
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(text, "text");
        EnhancedStatus parsed = EnhancedStatus.parse(status)
                .filter(s -> s.toString().equals(status) && s.category() == code / 100)
                .orElseThrow(() -> new IllegalArgumentException(
                        "status of a reply " + code + " must be like " + code / 100 + ".7.1, was " + status));
        if (code < 400) {
            throw new IllegalArgumentException("code of a refusal must be between 400 and 599, was " + code);
        }
        return of(code, parsed + " " + text);
    }

    /**
     * A reply as it is on the wire.
     *
     * @param wireLines each line with its code and separator, without its line end, one char for each octet
     * @throws IllegalArgumentException if the lines are no reply: no code, codes that differ, a continuation missing or
     *     too many
     */
    static Reply parse(List<String> wireLines) {
        return ReplyLines.parse(wireLines);
    }

    /**
     * This reply as a value of its own.
     *
     * @throws IllegalArgumentException if its lines are no reply
     */
    static Reply copyOf(Reply reply) {
        Objects.requireNonNull(reply, "reply");
        return reply instanceof ReplyLines ? reply : ReplyLines.parse(reply.wireLines());
    }

    /** Whether a line of the wire has the form of a reply's line: a code, then nothing, a space or a hyphen. */
    static boolean isReplyLine(String line) {
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
    static boolean isLast(String line) {
        Objects.requireNonNull(line, "line");
        return line.length() == 3 || line.charAt(3) == ' ';
    }

    /** The lines as they are on the wire, without their line ends, one char for each octet; at least one. */
    List<String> wireLines();

    /** The code, 200 to 599. */
    default int code() {
        return Integer.parseInt(wireLines().get(0), 0, 3, 10);
    }

    /** The text of each line, readable; empty text for a line that has none. */
    default List<String> lines() {
        return wireLines().stream()
                .map(line -> line.length() <= 4 ? "" : Octets.decode(line.substring(4)))
                .toList();
    }

    /** The enhanced status at the start of the first line, if it belongs to the code. */
    default Optional<EnhancedStatus> status() {
        return EnhancedStatus.parse(lines().get(0)).filter(status -> status.category() == code() / 100);
    }

    /** 2xx: done. */
    default boolean isPositive() {
        return code() / 100 == 2;
    }

    /** 3xx: go on. */
    default boolean isIntermediate() {
        return code() / 100 == 3;
    }

    /** 4xx: not now. */
    default boolean isTransient() {
        return code() / 100 == 4;
    }

    /** 5xx: not at all. */
    default boolean isPermanent() {
        return code() / 100 == 5;
    }

    /** 4xx or 5xx. */
    default boolean isRefusal() {
        return code() >= 400;
    }
}
