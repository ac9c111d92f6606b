package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.message.ChunkedMessage;
import io.github.smtpproxy.internal.message.MessageResult;
import io.github.smtpproxy.internal.message.StrayChunk;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** BDAT (RFC 3030 §2). */
final class Chunks {

    private static final Pattern ARGUMENT = Pattern.compile("0*([0-9]{1,18})( +(?i:LAST))? *");
    private static final OwnReply NO_CHUNKS = OwnReply.refusal(503, "5.5.1", "No chunk is expected");

    /** Nobody can take it for a chunk, as a lax server could the line that the client said. */
    private static final String MALFORMED = "BDAT";

    private final Conversation conversation;
    private final Relay relay;

    /** What announces a chunk that is not empty, be it in a line that is no good one. */
    private static final Pattern ANNOUNCED = Pattern.compile("(?is)\\s*BDAT[^A-Z]*[1-9].*");

    /** What a client announces. */
    private record Chunk(long size, boolean last) {}

    Chunks(Conversation conversation) {
        this.conversation = conversation;
        this.relay = conversation.relay;
    }

    /**
     * Whether the line announces a chunk without being a good command line, so that nobody knows where the chunk begins: what
     * follows is data to the one that sent it, and is to be no command here.
     */
    static boolean isUnclear(CommandLine line) {
        boolean read = line.flaw() == CommandLine.Flaw.NONE && line.verb().equals("BDAT");
        return !read && ANNOUNCED.matcher(line.text()).matches();
    }

    /** @param refused why it is refused without being looked at */
    void bdat(String argument, Optional<Reply> refused) throws IOException {
        Matcher size = ARGUMENT.matcher(argument);
        if (!size.matches()) {
            // no chunk was announced, so none follows
            malformed(refused);
            return;
        }
        Chunk chunk = new Chunk(Long.parseLong(size.group(1)), size.group(2) != null);
        if (!receive(chunk, refused).received()) {
            // the rest of it is no command
            conversation.settle();
            conversation.close();
        }
    }

    private void malformed(Optional<Reply> refused) throws IOException {
        if (refused.isPresent()) {
            conversation.owe(refused.get());
        } else {
            conversation.outOfOrder(MALFORMED, Replies.SYNTAX);
        }
    }

    private MessageResult receive(Chunk chunk, Optional<Reply> refused) throws IOException {
        Optional<RelayTransaction> transaction = conversation.transaction();
        if (refused.isEmpty()
                && isOffered()
                && transaction.filter(this::takesChunks).isPresent()) {
            return take(transaction.get(), chunk);
        }
        Optional<Reply> ours = refused.or(() -> refusal(transaction));
        Optional<Downstream> destination = ours.isPresent() ? Optional.empty() : conversation.destination();
        return destination.isEmpty()
                ? refuse(transaction, chunk, ours.orElse(NO_CHUNKS))
                : outOfOrder(chunk, destination.get(), transaction);
    }

    private StrayChunk stray(Chunk chunk) {
        return new StrayChunk(
                conversation.client,
                relay.timeouts().dataBlock(),
                octets -> conversation.transaction().flatMap(t -> conversation.pace(new Step.Data(t, octets))),
                chunk.size);
    }

    /** The destination does not hear of it; a last one ends the transaction all the same (RFC 3030 §2). */
    private MessageResult refuse(Optional<RelayTransaction> transaction, Chunk chunk, Reply reply) throws IOException {
        MessageResult result = stray(chunk).refuse(reply, conversation.standing.isTurnedAway());
        if (transaction.isPresent() && !reply.equals(Replies.NOT_IMPLEMENTED)) {
            transaction.get().refuseChunksHere();
            if (chunk.last) {
                conversation.giveUp(transaction.get());
                conversation.end(Result.REFUSED, Optional.of(reply));
            }
        }
        conversation.refuse(result.reply(), r -> {});
        return result;
    }

    private MessageResult take(RelayTransaction transaction, Chunk chunk) throws IOException {
        transaction.chunkCame();
        ChunkedMessage message = transaction.message(() -> new ChunkedMessage(conversation.messageScope(transaction)));
        MessageResult result;
        try {
            result = message.chunk(chunk.size, chunk.last);
        } finally {
            transaction.octets(message.octets());
        }
        if (result.reply().isRefusal()) {
            transaction.refuseChunks();
        }
        if (chunk.last) {
            conversation.end(transaction, result.result(), result.reply());
        }
        conversation.owe(result.reply());
        return result;
    }

    /** A destination that does not know BDAT would read the chunk as commands. */
    private boolean isOffered() {
        return conversation
                .destination()
                .filter(d -> d.extensions().has("CHUNKING"))
                .isPresent();
    }

    private Optional<Reply> refusal(Optional<RelayTransaction> transaction) {
        if (transaction.filter(RelayTransaction::givenUp).isPresent()) {
            return Optional.of(Replies.FAILED);
        }
        boolean refusedHere =
                transaction.map(Chunks::isForUsToRefuse).orElseGet(() -> conversation.standing.isMailRefused());
        if (refusedHere) {
            return Optional.of(NO_CHUNKS);
        }
        if (!isOffered()) {
            return Optional.of(Replies.NOT_IMPLEMENTED);
        }
        boolean collecting = relay.filters().readContent()
                && transaction.filter(RelayTransaction::inChunks).isPresent();
        return collecting ? Optional.of(NO_CHUNKS) : Optional.empty();
    }

    /** The destination has not heard of all that it would need to say no. */
    private static boolean isForUsToRefuse(RelayTransaction transaction) {
        return transaction.chunkRefusedHere() || transaction.lacksRecipientsHere();
    }

    /** The destination swallows it too, in its own words; that it is the last it hears only where nobody would get it. */
    private MessageResult outOfOrder(Chunk chunk, Downstream destination, Optional<RelayTransaction> transaction)
            throws IOException {
        boolean last = chunk.last
                && transaction
                        .map(RelayTransaction::recipients)
                        .orElse(List.of())
                        .isEmpty();
        MessageResult result = stray(chunk).sendTo(destination, last, conversation.failures::reply);
        Reply reply = result.reply();
        if (last && transaction.isPresent() && reply.isRefusal()) {
            conversation.end(Result.REFUSED, Optional.of(reply));
            if (reply.code() != 421) {
                destination.reset();
            }
        }
        conversation.unwanted(reply, NO_CHUNKS);
        return result;
    }

    private boolean takesChunks(RelayTransaction transaction) {
        return transaction.isOpen()
                && !transaction.givenUp()
                && !transaction.chunkRefused()
                && !transaction.recipients().isEmpty();
    }
}
