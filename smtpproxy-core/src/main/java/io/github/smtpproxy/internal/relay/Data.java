package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.message.MessagePipeline;
import io.github.smtpproxy.internal.message.MessageResult;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;

/** DATA: the message streams through, or goes past the filters that want to see it. */
final class Data {

    private static final OwnReply CHUNKS_ONLY = OwnReply.refusal(503, "5.5.1", "This message comes in chunks");

    private final Conversation conversation;
    private final Relay relay;

    Data(Conversation conversation) {
        this.conversation = conversation;
        this.relay = conversation.relay;
    }

    void data(CommandLine line) throws IOException {
        if (!line.argument().isEmpty()) {
            conversation.owe(Replies.SYNTAX);
            return;
        }
        boolean reads = relay.filters().readContent();
        if (reads) {
            conversation.settle();
        }
        if (conversation.closing()) {
            return;
        }
        Optional<RelayTransaction> transaction = conversation.transaction();
        if (transaction.isEmpty()) {
            conversation.needMail("DATA");
        } else if (transaction.get().givenUp()) {
            conversation.owe(Replies.FAILED);
        } else if (transaction.get().mustBeChunks()) {
            chunksOnly(transaction.get());
        } else if (transaction.get().lacksRecipientsHere()) {
            conversation.owe(Replies.NO_RECIPIENTS);
        } else if (!transaction.get().mayHaveRecipients()) {
            conversation.outOfOrder("DATA", Replies.NO_RECIPIENTS);
        } else if (reads) {
            filtered(transaction.get());
        } else {
            streamed(transaction.get());
        }
    }

    private void chunksOnly(RelayTransaction transaction) throws IOException {
        if (relay.filters().readContent() && transaction.inChunks()) {
            // the destination has not heard of the chunks, and would go on with DATA
            conversation.owe(CHUNKS_ONLY);
        } else {
            conversation.outOfOrder("DATA", CHUNKS_ONLY);
        }
    }

    private void streamed(RelayTransaction transaction) throws IOException {
        Reply goOn = conversation.failures.reply(conversation.leg.get().data("DATA"));
        conversation.say(goOn);
        if (conversation.closing() || !goOn.isIntermediate()) {
            return;
        }
        MessagePipeline message = MessagePipeline.data(conversation.messageScope(transaction));
        if (conversation.transaction().isEmpty()) {
            // the destination refused MAIL, and accepts a message of nobody
            message.refuse(Replies.NO_RECIPIENTS);
        }
        relay(transaction, message);
    }

    private void filtered(RelayTransaction transaction) throws IOException {
        conversation.say(Replies.GO_ON);
        relay(transaction, MessagePipeline.data(conversation.messageScope(transaction)));
    }

    private void relay(RelayTransaction transaction, MessagePipeline message) throws IOException {
        MessageResult result;
        try (message) {
            result = message.relay();
        }
        transaction.octets(result.octets());
        conversation.end(transaction, result.result(), result.reply());
        conversation.owe(result.reply());
        conversation.settle();
        if (!result.received()) {
            // the rest of it is no command
            conversation.close();
        }
    }
}
