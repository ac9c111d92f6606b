package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;
import java.util.function.Function;

/**
 * A MAIL whose route is known at the first RCPT only. Where the client has pipelined that RCPT, both leave in one group, and the
 * reply to MAIL is the destination's. Otherwise the client waits for a reply to MAIL before there is a destination to ask: the
 * proxy replies, and a refusal by the destination is the reply to each RCPT; so it is where a connection was given back behind
 * MAIL, which is sent again. Confined to the session's thread.
 */
final class LateMail {

    private static final Reply OK = Reply.of(250, "2.1.0 Ok");

    private final Function<PendingAnswer, Reply> replies;
    private Optional<PendingAnswer> sent = Optional.empty();
    private boolean repliedHere;

    /** @param replies the client's reply for an answer of the destination */
    LateMail(Function<PendingAnswer, Reply> replies) {
        this.replies = replies;
    }

    /** One that the client has a reply to. */
    static LateMail replied(Function<PendingAnswer, Reply> replies) {
        LateMail late = new LateMail(replies);
        late.repliedHere = true;
        return late;
    }

    /** The reply to MAIL. */
    Reply reply() {
        return new PendingReply(() -> {
            repliedHere = sent.isEmpty();
            return sent.map(replies).map(PendingReply::await).orElse(OK);
        });
    }

    /** The destination gets it now. */
    void sent(PendingAnswer answer) {
        sent = Optional.of(answer);
    }

    /** The reply to a RCPT behind it. */
    Reply rcpt(Reply reply) {
        return sent.isEmpty() ? reply : new PendingReply(() -> refusal().orElse(reply));
    }

    private Optional<Reply> refusal() {
        return repliedHere ? sent.map(replies).map(PendingReply::await).filter(Reply::isRefusal) : Optional.empty();
    }
}
