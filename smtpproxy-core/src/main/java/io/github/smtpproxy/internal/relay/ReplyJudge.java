package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Refusals;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;

/**
 * What becomes of a reply that is about to be written: a refusal counts as an error of the client, throttles may delay it or
 * end the session, and the listeners get it with who refused. Confined to the session's thread.
 */
final class ReplyJudge implements ReplyQueue.Judge {

    private final RelaySession session;
    private final Refusals refusals;

    ReplyJudge(RelaySession session) {
        this.session = session;
        this.refusals = new Refusals(session.state(), session.relay().listeners());
    }

    @Override
    public Reply judge(Reply reply, ReplyQueue.InReplyTo command) {
        Reply judged = reply.isRefusal() ? refused(reply, command) : reply;
        if (!judged.isIntermediate()) {
            Duration duration = Duration.ofNanos(System.nanoTime() - command.began());
            session.relay()
                    .listeners()
                    .notify(
                            session.state(),
                            "command",
                            l -> l.command(session.state(), command.verb(), judged, duration));
        }
        return judged;
    }

    private Reply refused(Reply reply, ReplyQueue.InReplyTo command) {
        boolean hurried = session.departure().isHurried() && reply.code() == 421;
        Reply judged = hurried
                ? Replies.DRAINING
                : isAtOnce() ? reply : session.errors().judge(refusal(reply, command));
        refusals.refused(refusal(judged, command));
        return judged;
    }

    /** Who takes the place of this client does not wait for a throttle. */
    private boolean isAtOnce() {
        return session.departure().place().isTaken();
    }

    private Refusal refusal(Reply reply, ReplyQueue.InReplyTo command) {
        Refusal alone = Refusals.of(command.verb(), reply, session.downstream().destination());
        Optional<Refusal> part = command.transaction().map(alone::transaction);
        Refusal within = part.orElse(alone);
        return command.recipient().map(within::recipient).orElse(within);
    }

    @Override
    public void ended(Reply reply) {
        session.close();
        session.transactions().end(OwnReply.result(reply), Optional.of(reply));
    }
}
