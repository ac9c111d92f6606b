package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.message.MessagePipeline;
import io.github.smtpproxy.internal.message.MessageResult;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.Continuation;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.relay.RelayTransaction;
import io.github.smtpproxy.internal.relay.TransactionRelay;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;

/**
 * DATA (RFC 5321 §4.1.1.4). Without content filters the destination replies 354 first, and the message streams through. With
 * them the proxy replies 354, and the destination gets DATA once the filters let the message pass.
 */
final class DataCommand implements Command {

    private static final OwnReply CHUNKS_ONLY = OwnReply.refusal(503, "5.5.1", "This message comes in chunks");

    @Override
    public boolean mayRunAhead(RelaySession session) {
        return !session.relay().filters().readContent()
                && session.transaction().filter(RelayTransaction::acceptsData).isPresent();
    }

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        if (!line.argument().isEmpty()) {
            return Replies.SYNTAX;
        }
        Optional<TransactionRelay> relay = session.transactions().relay();
        if (relay.isEmpty()) {
            return session.needMail("DATA");
        }
        return refusal(relay.get().transaction(), session).orElseGet(() -> data(relay.get(), session));
    }

    private static Optional<Reply> refusal(RelayTransaction transaction, RelaySession session) {
        if (transaction.isRefused()) {
            return Optional.of(Replies.FAILED);
        }
        if (transaction.mustBeChunks()) {
            boolean kept = session.relay().filters().readContent() && transaction.hasContent();
            // chunks that are kept for filters are not known to the destination, which would go on with DATA
            return Optional.of(kept ? CHUNKS_ONLY : session.outOfOrder("DATA", CHUNKS_ONLY));
        }
        if (transaction.lacksRecipientsHere()) {
            return Optional.of(Replies.NO_RECIPIENTS);
        }
        return transaction.mayHaveRecipients()
                ? Optional.empty()
                : Optional.of(session.outOfOrder("DATA", Replies.NO_RECIPIENTS));
    }

    private static Reply data(TransactionRelay relay, RelaySession session) {
        if (session.relay().filters().readContent()) {
            return Continuation.of(Replies.GO_ON, () -> message(relay, session));
        }
        Reply goOn = relay.data();
        return Continuation.maybe(
                goOn, () -> goOn.isIntermediate() ? Optional.of(message(relay, session)) : Optional.empty());
    }

    private static Reply message(TransactionRelay relay, RelaySession session) throws IOException {
        MessageResult result;
        try (MessagePipeline message = MessagePipeline.data(relay.scope("DATA"))) {
            if (session.transaction().isEmpty()) {
                // the destination refused MAIL, and accepts a message without a sender
                message.refuse(Replies.NO_RECIPIENTS);
            }
            result = message.relay();
        }
        relay.ended(result);
        if (!result.received()) {
            // the rest of the message must not be read as commands
            session.close();
        }
        return result.reply();
    }
}
