package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * BDAT (RFC 3030): chunk by chunk to the destination, each answer its own, or collected for the filters that want to see
 * the message. The end of a last chunk is held back until all of it is here, so that {@code LAST} is said of whole
 * messages only; whatever is refused is swallowed, or it would be read as commands.
 */
final class Chunks {

    /** At most so many octets go with {@code LAST}: they are in memory whole. */
    static final int MAX_LAST = 32 * 1024;

    private static final Pattern ARGUMENT = Pattern.compile("0*([0-9]{1,18})( +(?i:LAST))? *");
    private static final OwnReply NO_CHUNKS = OwnReply.refusal(503, "5.5.1", "No chunk is expected");

    /** Nobody can take it for a chunk, as a lax server could the line that the client said. */
    private static final String MALFORMED = "BDAT";

    private final Conversation conversation;
    private final Relay relay;

    /** What announces a chunk that is not empty, be it in a line that is no good one. */
    private static final Pattern ANNOUNCED = Pattern.compile("(?is)\\s*BDAT[^A-Z]*[1-9].*");

    /** What a client says of a chunk. */
    private record Command(ClientChunk chunk, long size, boolean last) {}

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
        Command command = command(Long.parseLong(size.group(1)), size.group(2) != null);
        try {
            receive(command, refused);
        } catch (DeadlineExceededException e) {
            abandon();
            conversation.say(command.chunk.late());
        } catch (IOException clientGone) {
            abandon();
            throw clientGone;
        } finally {
            conversation.client.shrink();
        }
        if (command.chunk.isCutShort()) {
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

    private Command command(long size, boolean last) {
        ClientChunk chunk =
                new ClientChunk(conversation.client, relay.timeouts().dataBlock(), this::throttled, size, last);
        return new Command(chunk, size, last);
    }

    private Optional<Reply> throttled(long octets) {
        return conversation.transaction().flatMap(t -> conversation.pace(new Step.Data(t, octets)));
    }

    private void receive(Command command, Optional<Reply> refused) throws IOException {
        Optional<RelayTransaction> transaction = conversation.transaction();
        if (refused.isEmpty()
                && isOffered()
                && transaction.filter(this::takesChunks).isPresent()) {
            take(transaction.get(), command);
            return;
        }
        Optional<Reply> ours = refused.or(() -> refusal(transaction));
        Optional<Downstream> destination = ours.isPresent() ? Optional.empty() : conversation.destination();
        if (destination.isEmpty()) {
            refuse(transaction, command, ours.orElse(NO_CHUNKS));
        } else {
            outOfOrder(command, destination.get(), transaction);
        }
    }

    /** The destination does not hear of it; a last one ends the transaction all the same (RFC 3030 §2). */
    private void refuse(Optional<RelayTransaction> transaction, Command command, Reply reply) throws IOException {
        if (conversation.standing.isTurnedAway()) {
            command.chunk.end(reply);
        }
        command.chunk.swallow(reply);
        if (transaction.isPresent() && !reply.equals(Replies.NOT_IMPLEMENTED)) {
            transaction.get().refuseChunksHere();
            if (command.last) {
                conversation.giveUp(transaction.get());
                conversation.end(Result.REFUSED, Optional.of(reply));
            }
        }
        conversation.refuse(reply, r -> {});
    }

    private void take(RelayTransaction transaction, Command command) throws IOException {
        if (relay.endpoint().bareNewlines() == BareNewlines.REJECT && !transaction.isBinary()) {
            command.chunk.refuseBareLineEnds(transaction.bareLineEnds());
        }
        transaction.chunkCame();
        Reply reply;
        try {
            reply = relay.filters().readContent() ? collect(transaction, command) : stream(transaction, command);
        } finally {
            transaction.octetsArrived(command.chunk.arrived());
        }
        answer(transaction, command, reply);
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
    private void outOfOrder(Command command, Downstream destination, Optional<RelayTransaction> transaction)
            throws IOException {
        boolean last = command.last
                && transaction
                        .map(RelayTransaction::recipients)
                        .orElse(List.of())
                        .isEmpty();
        destination.beginChunk(command.size + (last ? " LAST" : ""));
        command.chunk.transferAllBut(0, command.chunk.to(destination));
        if (command.chunk.refusal().isPresent()) {
            destination.close();
        }
        Reply reply = command.chunk.refusal().orElseGet(() -> conversation.failures.reply(destination.endChunk()));
        if (last && transaction.isPresent() && reply.isRefusal()) {
            conversation.end(Result.REFUSED, Optional.of(reply));
            clean(command, reply);
        }
        conversation.unwanted(reply, NO_CHUNKS);
    }

    private boolean takesChunks(RelayTransaction transaction) {
        return transaction.isOpen()
                && !transaction.givenUp()
                && !transaction.chunkRefused()
                && !transaction.recipients().isEmpty();
    }

    private Reply stream(RelayTransaction transaction, Command command) throws IOException {
        return transaction
                .streamed(() -> new StreamedChunks(relay, transaction))
                .pass(command.chunk, conversation.leg.get());
    }

    private Reply collect(RelayTransaction transaction, Command command) throws IOException {
        Collected message = transaction.collected(() -> new Collected(transaction, relay));
        command.chunk.transferAllBut(0, (bytes, from, to) -> {
            message.append(bytes, from, to);
            message.refusal().ifPresent(command.chunk::refuse);
        });
        if (command.last) {
            message.finish();
            message.refusal().ifPresent(command.chunk::refuse);
        }
        if (command.chunk.refusal().isPresent()) {
            return command.chunk.refusal().get();
        }
        return command.last
                ? new CollectedRelay(relay, transaction, conversation.leg.get()).filter(message)
                : Reply.of(250, "2.0.0 " + command.size + " octets received");
    }

    private void answer(RelayTransaction transaction, Command command, Reply reply) {
        if (reply.isRefusal()) {
            transaction.refuseChunks();
            clean(command, reply);
        }
        if (command.last) {
            conversation.end(transaction, OwnReply.result(reply), reply);
        }
        conversation.owe(reply);
    }

    /**
     * What was cut off only closing takes back, and what we refuse the destination forgets; after a last chunk nothing of the
     * transaction is left (RFC 3030 §2).
     */
    private void clean(Command command, Reply reply) {
        Downstream downstream = conversation.leg.get();
        boolean ours = command.chunk.refusal().isPresent() && !relay.filters().readContent();
        boolean forgotten = !command.last && !ours || reply.code() == 421;
        if (!forgotten || downstream.isInMessage()) {
            downstream.reset();
        }
    }

    private void abandon() {
        conversation.leg.close();
        conversation.end(Result.ABORTED, Optional.empty());
    }
}
