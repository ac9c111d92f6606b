package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.downstream.Lease;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.message.Detour;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Target;
import java.util.Optional;

/** A connection beside the session's, for one message. Its failures do not end the session. Confined to the session's thread. */
final class MessageDetour implements Detour {

    private static final FailureReplies FAILURES = FailureReplies.MULTIPLEXING;

    private final SessionDownstream beside;
    private final SessionState session;
    private final RelayTransaction transaction;

    MessageDetour(Connections connections, SessionState session, RelayTransaction transaction) {
        this.beside = connections.beside();
        this.session = session;
        this.transaction = transaction;
    }

    @Override
    public Optional<Reply> open(Target target, MailFrom mail) {
        Optional<Failure> failure = beside.ensure(target, new Envelope(session, Optional.of(mail), Optional.empty()));
        beside.destination().ifPresent(transaction::route);
        return failure.map(FAILURES::reply)
                .or(() -> beside.isReady() ? Optional.empty() : Optional.of(FAILURES.reply(Failure.NOT_ADMITTED)));
    }

    @Override
    public Lease lease() {
        return beside.lease();
    }

    @Override
    public Reply reply(Answer answer) {
        return FAILURES.reply(answer);
    }

    @Override
    public void close() {
        // behind half a message QUIT would be content
        beside.open().filter(d -> !d.isInMessage()).ifPresent(Downstream::leave);
        beside.close();
    }
}
