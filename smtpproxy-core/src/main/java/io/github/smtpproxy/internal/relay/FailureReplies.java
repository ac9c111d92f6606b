package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.protocol.Reply;
import java.util.Set;

/**
 * What the client is answered when a destination fails, and how its transaction ends. A session that has one destination
 * cannot go on without it (RFC 5321 §3.8); one that leases a connection for each transaction can.
 */
enum FailureReplies {
    /** One downstream connection a session. */
    SYNCHRONOUS,
    /** A connection is leased for each transaction. */
    MULTIPLEXING;

    private static final Reply UNREACHABLE = Reply.refusal(421, "4.4.1", "Destination unreachable");
    private static final Reply UNREACHABLE_NOW = Reply.defer("4.4.1", "Destination unreachable");
    private static final Reply INSECURE = Reply.refusal(421, "4.7.5", "Destination cannot be reached securely");
    private static final Reply INSECURE_NOW = Reply.defer("4.7.5", "Destination cannot be reached securely");
    private static final Reply NOT_ADMITTED = Reply.refusal(421, "4.7.0", "Destination does not admit the proxy");
    private static final Reply NOT_ADMITTED_NOW = Reply.defer("4.7.0", "Destination does not admit the proxy");
    private static final Reply LOST = Reply.refusal(421, "4.4.2", "Connection to destination lost");
    private static final Reply LOST_NOW = Reply.defer("4.4.2", "Connection to destination lost");
    private static final Reply LOST_AFTER_COMMIT =
            Reply.defer("4.4.2", "Connection to destination lost after end of data");

    private static final Set<Reply> ALL = Set.of(
            UNREACHABLE,
            UNREACHABLE_NOW,
            INSECURE,
            INSECURE_NOW,
            NOT_ADMITTED,
            NOT_ADMITTED_NOW,
            LOST,
            LOST_NOW,
            LOST_AFTER_COMMIT);

    /** The greeting of a client whose destination greeted, or failed. */
    Reply greeting(Answer answer) {
        return answer.reply().orElseGet(() -> greeting(answer.failure().orElseThrow()));
    }

    private static Reply greeting(Failure failure) {
        return failure == Failure.UNREACHABLE ? UNREACHABLE : closing(failure);
    }

    /** The destination's reply, or ours in its place. */
    Reply reply(Answer answer) {
        return answer.reply().orElseGet(() -> reply(answer.failure().orElseThrow()));
    }

    /** The same, as soon as it is known. */
    Reply reply(PendingAnswer answer) {
        return answer.isKnown() ? reply(answer.await()) : Reply.when(() -> reply(answer.await()));
    }

    /** The reply where a session has begun. */
    Reply reply(Failure failure) {
        return this == SYNCHRONOUS ? closing(failure) : deferring(failure);
    }

    private static Reply closing(Failure failure) {
        return switch (failure) {
            case UNREACHABLE -> UNREACHABLE_NOW;
            case INSECURE -> INSECURE;
            case NOT_ADMITTED -> NOT_ADMITTED;
            case LOST -> LOST;
            case LOST_AFTER_COMMIT -> LOST_AFTER_COMMIT;
        };
    }

    private static Reply deferring(Failure failure) {
        return switch (failure) {
            case UNREACHABLE -> UNREACHABLE_NOW;
            case INSECURE -> INSECURE_NOW;
            case NOT_ADMITTED -> NOT_ADMITTED_NOW;
            case LOST -> LOST_NOW;
            case LOST_AFTER_COMMIT -> LOST_AFTER_COMMIT;
        };
    }

    /** How a transaction ends that was answered with this refusal. */
    static Result result(Reply refusal) {
        if (refusal.isParsed()) {
            return Result.REFUSED;
        }
        if (refusal.equals(LOST_AFTER_COMMIT)) {
            return Result.UNKNOWN;
        }
        return refusal.equals(LOST) || refusal.equals(LOST_NOW) ? Result.FAILED : Result.REFUSED;
    }

    /** Whether the reply says that a destination failed. */
    static boolean isOne(Reply reply) {
        return !reply.isParsed() && ALL.contains(reply);
    }
}
