package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.MalformedReplyException;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** The answer to something sent, or queued to be sent, to a destination. Used by the session's thread only. */
public final class PendingAnswer {

    private static final int VERB = 4;

    private final Pipeline pipeline;
    private final Expected expected;
    private final Duration timeout;
    private final Supplier<String> doing;
    private boolean sent;
    private Optional<Answer> answer = Optional.empty();

    /** What is waited for. It decides which replies other than refusals are allowed. */
    enum Expected {
        GREETING,
        COMMAND,
        /** A positive reply begins a transaction. */
        MAIL,
        /** A positive reply to RSET, EHLO or HELO ends a transaction (RFC 5321 §4.1.4). */
        RESET,
        /** 354 is the reply to DATA and to nothing else, and no content is sent before it. */
        DATA,
        /** The reply to AUTH may be a challenge (RFC 4954 §4). */
        AUTH,
        /** The reply to the end of data: a positive one means that the message is delivered. */
        COMMIT;

        static Expected to(String line) {
            return switch (line.substring(0, Math.min(VERB, line.length())).toUpperCase(Locale.ROOT)) {
                case "MAIL" -> MAIL;
                case "RSET", "EHLO", "HELO" -> RESET;
                default -> COMMAND;
            };
        }

        private boolean allows(Reply reply) {
            return reply.isRefusal() || this == AUTH || reply.isIntermediate() == (this == DATA);
        }
    }

    /** @param doing what is being done while this is waited for, for the log */
    PendingAnswer(Pipeline pipeline, Expected expected, Duration timeout, Supplier<String> doing) {
        this.pipeline = pipeline;
        this.expected = expected;
        this.timeout = timeout;
        this.doing = doing;
    }

    /** Whether {@link #await} returns at once. */
    public boolean isKnown() {
        return answer.isPresent();
    }

    /** Sends what is queued, and waits for this answer and all before it. Called again, it returns the same. */
    public Answer await() {
        return pipeline.await(this);
    }

    /** Whether the destination has a transaction after this reply, which it had before or not. */
    boolean isTransactionAfter(Reply reply, boolean before) {
        return switch (expected) {
            case MAIL -> before || reply.isPositive();
            case RESET -> before && !reply.isPositive();
            case COMMIT -> false;
            case GREETING, COMMAND, DATA, AUTH -> before;
        };
    }

    Optional<Answer> answer() {
        return answer;
    }

    boolean is(Expected kind) {
        return expected == kind;
    }

    /** How long the destination may take. */
    Duration timeout() {
        return timeout;
    }

    String doing() {
        return commits() ? "sending end of data; the message may be delivered" : doing.get();
    }

    /** Whether that which it answers has been written: what the destination sent before cannot be the answer. */
    boolean isSent() {
        return sent;
    }

    void sent() {
        sent = true;
    }

    /** Whether the message may be delivered, whatever happens from now on. */
    boolean commits() {
        return sent && expected == Expected.COMMIT;
    }

    /** The same reply, if it may be one to this. */
    Reply check(Reply reply) throws MalformedReplyException {
        if (!expected.allows(reply)) {
            throw new MalformedReplyException("out of place: " + reply);
        }
        return reply;
    }

    void complete(Answer known) {
        answer = Optional.of(known);
    }

    /** There will be no reply. */
    void fail(IOException cause) {
        if (expected == Expected.GREETING) {
            // that the server rejects our end of TLS 1.3 shows at the first read only (RFC 8446 §4.4.2.4)
            complete(Answer.failed(Failure.toConnect(cause)));
        } else {
            fail();
        }
    }

    /** There will be no reply to what was sent in a session that had begun. */
    void fail() {
        complete(Answer.failed(commits() ? Failure.LOST_AFTER_COMMIT : Failure.LOST));
    }
}
