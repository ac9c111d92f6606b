package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.MalformedReplyException;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** A reply that the destination owes us. */
final class OwedReply {

    private final Duration timeout;
    private final Supplier<String> doing;
    private final Failure failure;
    private final Expected expected;
    private boolean asked;
    private Optional<Reply> answer = Optional.empty();

    /** What a reply may be where it is no refusal. */
    enum Expected {
        DONE,
        /** 354 answers DATA and nothing else, and nothing but 354 lets the message come. */
        GO_ON,
        CHALLENGE,
        /** The message is delivered then. */
        COMMIT;

        private boolean allows(Reply reply) {
            return reply.isRefusal() || this == CHALLENGE || reply.isIntermediate() == (this == GO_ON);
        }
    }

    /**
     * @param doing what the destination may be lost at, for the log
     * @param failure what the client hears of a destination that is lost before the reply
     */
    OwedReply(Duration timeout, Supplier<String> doing, Failure failure, Expected expected) {
        this.timeout = timeout;
        this.doing = doing;
        this.failure = failure;
        this.expected = expected;
    }

    Duration timeout() {
        return timeout;
    }

    boolean is(Expected kind) {
        return expected == kind;
    }

    /** Whether what it answers has been written: what is said before cannot be it. */
    boolean isAsked() {
        return asked;
    }

    void asked() {
        asked = true;
    }

    String doing() {
        return commits() ? "sending end of data; the message may be delivered" : doing.get();
    }

    /** Whether nobody can say any more that the message is not delivered. */
    boolean commits() {
        return asked && expected == Expected.COMMIT;
    }

    /** The reply, if it may be one. */
    Reply check(Reply reply) throws MalformedReplyException {
        if (!expected.allows(reply)) {
            throw new MalformedReplyException("out of place: " + reply);
        }
        return reply;
    }

    Optional<Reply> answer() {
        return answer;
    }

    void answer(Reply reply) {
        answer = Optional.of(reply);
    }

    /** There will be none. */
    void lost() {
        answer((commits() ? Failure.LOST_AFTER_DOT : failure).reply());
    }
}
