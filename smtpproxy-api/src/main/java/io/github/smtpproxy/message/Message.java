package io.github.smtpproxy.message;

import java.util.Objects;
import java.util.OptionalLong;

/** A message on its way: header section and body. Immutable; a filter passes on a changed copy. */
public final class Message {

    private final Headers headers;
    private final Content content;
    private final long limit;

    private Message(Headers headers, Content content, long limit) {
        this.headers = headers;
        this.content = content;
        this.limit = limit;
    }

    /** A message of these parts. */
    public static Message of(Headers headers, Content content) {
        Objects.requireNonNull(headers, "headers");
        Objects.requireNonNull(content, "content");
        return new Message(headers, content, Long.MAX_VALUE);
    }

    /** The header section. */
    public Headers headers() {
        return headers;
    }

    /** The body. As long as no filter opens or replaces it, it streams through without being kept. */
    public Content content() {
        return content;
    }

    /** The octets that the whole message may have; empty for no limit. */
    public OptionalLong limit() {
        return limit == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(limit);
    }

    /** This message with other headers. */
    public Message withHeaders(Headers changed) {
        Objects.requireNonNull(changed, "headers");
        return new Message(changed, content, limit);
    }

    /**
     * This message with another body. The original one is received to its end and kept first, so that the new one may read
     * it when it is opened: {@code m.withContent(() -> new SequenceInputStream(m.content().open(), footer))}. It is bounded
     * as one that is opened is. The new body is opened once, on the session's thread; if that or reading it fails, in
     * whatever way, nothing is delivered, and the client hears {@code 451 4.3.0}.
     */
    public Message withContent(Content changed) {
        Objects.requireNonNull(changed, "content");
        return new Message(headers, changed, limit);
    }

    /**
     * This message, refused with {@code 552 5.3.4} when it turns out to have more octets, header section included. The
     * smallest limit counts.
     *
     * @param octets at least 1
     */
    public Message atMost(long octets) {
        if (octets < 1) {
            throw new IllegalArgumentException("limit of a message is at least 1 octet, not " + octets);
        }
        return new Message(headers, content, Math.min(limit, octets));
    }
}
