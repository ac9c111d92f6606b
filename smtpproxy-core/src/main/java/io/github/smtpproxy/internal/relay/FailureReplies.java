package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.message.RepliesToClient;
import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.Reply;

/**
 * What the client is answered when a destination fails, and how its transaction ends. A session that has one destination
 * cannot go on without it (RFC 5321 §3.8); one that leases a connection for each transaction can.
 */
public enum FailureReplies implements RepliesToClient {
    /** One downstream connection a session. */
    SYNCHRONOUS,
    /** A connection is leased for each transaction. */
    MULTIPLEXING;

    private static final OwnReply UNREACHABLE = OwnReply.destination(421, "4.4.1", "Destination unreachable");
    private static final OwnReply UNREACHABLE_NOW = OwnReply.destination(451, "4.4.1", "Destination unreachable");
    private static final OwnReply EXHAUSTED =
            OwnReply.destination(451, "4.3.2", "No connection to destination is free");
    private static final OwnReply LOOP = OwnReply.destination(554, "5.4.6", "Mail for this destination loops");
    private static final OwnReply INSECURE =
            OwnReply.destination(421, "4.7.5", "Destination cannot be reached securely");
    private static final OwnReply INSECURE_NOW =
            OwnReply.destination(451, "4.7.5", "Destination cannot be reached securely");
    private static final OwnReply NOT_ADMITTED =
            OwnReply.destination(421, "4.7.0", "Destination does not admit the proxy");
    private static final OwnReply NOT_ADMITTED_NOW =
            OwnReply.destination(451, "4.7.0", "Destination does not admit the proxy");
    /** The destination is well: a session may try again. */
    private static final OwnReply NO_TOKEN = OwnReply.destination(451, "4.7.0", "Cannot log in at the destination now");

    private static final OwnReply LOST =
            OwnReply.destination(421, "4.4.2", "Connection to destination lost").ending(Result.FAILED);
    private static final OwnReply LOST_NOW =
            OwnReply.destination(451, "4.4.2", "Connection to destination lost").ending(Result.FAILED);
    private static final OwnReply LOST_AFTER_COMMIT = OwnReply.destination(
                    451, "4.4.2", "Connection to destination lost after end of data")
            .ending(Result.UNKNOWN);

    /** The greeting of a client whose destination greeted, or failed. */
    public Reply greeting(Answer answer) {
        return answer.reply().orElseGet(() -> greeting(answer.failure().orElseThrow()));
    }

    private static Reply greeting(Failure failure) {
        return failure == Failure.UNREACHABLE ? UNREACHABLE : closing(failure);
    }

    /** The destination's reply, or ours in its place. */
    @Override
    public Reply reply(Answer answer) {
        return answer.reply().orElseGet(() -> reply(answer.failure().orElseThrow()));
    }

    /** The same, as soon as it is known. */
    public Reply reply(PendingAnswer answer) {
        return answer.isKnown() ? reply(answer.await()) : new PendingReply(() -> reply(answer.await()));
    }

    /** The reply where a session has begun. */
    public Reply reply(Failure failure) {
        return this == SYNCHRONOUS ? closing(failure) : deferring(failure);
    }

    private static Reply closing(Failure failure) {
        return switch (failure) {
            case UNREACHABLE -> UNREACHABLE_NOW;
            case EXHAUSTED -> EXHAUSTED;
            case LOOP -> LOOP;
            case INSECURE -> INSECURE;
            case NOT_ADMITTED -> NOT_ADMITTED;
            case NO_TOKEN -> NO_TOKEN;
            case LOST -> LOST;
            case LOST_AFTER_COMMIT -> LOST_AFTER_COMMIT;
        };
    }

    private static Reply deferring(Failure failure) {
        return switch (failure) {
            case UNREACHABLE -> UNREACHABLE_NOW;
            case EXHAUSTED -> EXHAUSTED;
            case LOOP -> LOOP;
            case INSECURE -> INSECURE_NOW;
            case NOT_ADMITTED -> NOT_ADMITTED_NOW;
            case NO_TOKEN -> NO_TOKEN;
            case LOST -> LOST_NOW;
            case LOST_AFTER_COMMIT -> LOST_AFTER_COMMIT;
        };
    }
}
