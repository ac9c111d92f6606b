package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A transaction that begins again with another envelope, because a content filter changed it: RSET, MAIL, each RCPT and
 * what begins the message, in one group where the destination offers PIPELINING (RFC 2920). The client has replies
 * by which the destination accepted its sender and its recipients. So if one of them, or of those that were added, is refused
 * now, nothing is delivered and the client has to try again.
 */
final class EnvelopeReplay {

    private static final OwnReply REFUSED =
            OwnReply.refusal(451, "4.3.0", "Changed envelope was refused, try again later");

    private final MessageScope scope;
    private final Downstream downstream;
    private final List<PendingAnswer> answers = new ArrayList<>();

    EnvelopeReplay(MessageScope scope) {
        this.scope = scope;
        this.downstream = scope.downstream();
    }

    /**
     * Sends it.
     *
     * @param begin sends what begins the message; empty where nothing does
     * @return why the message is not delivered; empty if the destination accepts everything
     */
    Optional<Reply> send(MailFrom mail, List<RcptTo> recipients, Supplier<Optional<PendingAnswer>> begin) {
        MailFrom sent = scope.mail().apply(mail, downstream);
        Optional<Reply> unfit = unfit(sent, recipients);
        if (unfit.isPresent()) {
            return unfit;
        }
        if (downstream.hasTransaction()) {
            answers.add(downstream.pipeline("RSET"));
        }
        if (isOpen()) {
            scope.lease().announce(scope.transaction().id());
            answers.add(downstream.pipeline(scope.rules().fit(sent).wireLine()));
        }
        for (RcptTo rcpt : recipients) {
            if (isOpen()) {
                answers.add(downstream.pipeline(scope.rules().fit(rcpt).wireLine()));
            }
        }
        Optional<PendingAnswer> begun = isOpen() ? begin.get() : Optional.empty();
        return refusal()
                .or(() -> begun.map(PendingAnswer::await)
                        .filter(answer -> !answer.isIntermediate())
                        .map(scope.replies()::reply));
    }

    /** Why it is not sent at all. */
    private Optional<Reply> unfit(MailFrom mail, List<RcptTo> recipients) {
        if (recipients.isEmpty()) {
            return Optional.of(Replies.NO_RECIPIENTS);
        }
        return scope.rules()
                .refusal(mail)
                .or(() -> recipients.stream()
                        .flatMap(rcpt -> scope.rules().refusal(rcpt).stream())
                        .findFirst());
    }

    /** Whether nothing was refused, as far as that is known. Waits for nothing. */
    private boolean isOpen() {
        return answers.stream().noneMatch(a -> a.isKnown() && !a.await().isPositive());
    }

    private Optional<Reply> refusal() {
        Optional<Answer> refused = answers.stream()
                .map(PendingAnswer::await)
                .filter(answer -> !answer.isPositive())
                .findFirst();
        return refused.map(
                answer -> answer.failure().isPresent() ? scope.replies().reply(answer) : REFUSED);
    }
}
