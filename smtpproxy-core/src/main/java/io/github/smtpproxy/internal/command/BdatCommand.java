package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.message.MessageResult;
import io.github.smtpproxy.internal.message.StrayChunk;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.relay.RelayTransaction;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** BDAT (RFC 3030 §2). Whatever becomes of a chunk, it is received: its octets are no commands. */
final class BdatCommand implements Command {

    private static final Pattern ARGUMENT = Pattern.compile("0*([0-9]{1,18})( +(?i:LAST))? *");
    private static final OwnReply NO_CHUNKS = OwnReply.refusal(503, "5.5.1", "No chunk is expected");

    /** A server cannot take this for a chunk, as a lax one could the line that the client sent. */
    private static final String MALFORMED = "BDAT";

    /** What a client announces. */
    private record Chunk(long size, boolean last) {

        /** Empty where the argument announces no chunk, so that none follows. */
        static Optional<Chunk> of(CommandLine line) {
            Matcher argument = ARGUMENT.matcher(line.argument());
            return argument.matches()
                    ? Optional.of(new Chunk(Long.parseLong(argument.group(1)), argument.group(2) != null))
                    : Optional.empty();
        }
    }

    @Override
    public Reply execute(CommandLine line, RelaySession session) throws IOException {
        Optional<Chunk> chunk = Chunk.of(line);
        return chunk.isPresent()
                ? finish(receive(chunk.get(), session), session)
                : session.outOfOrder(MALFORMED, Replies.SYNTAX);
    }

    @Override
    public Reply refuse(CommandLine line, Reply refusal, RelaySession session) throws IOException {
        Optional<Chunk> chunk = Chunk.of(line);
        return chunk.isPresent() ? finish(refuse(chunk.get(), refusal, session), session) : refusal;
    }

    private static Reply finish(MessageResult result, RelaySession session) {
        if (!result.received()) {
            // the rest of the chunk must not be read as commands
            session.close();
        }
        return result.reply();
    }

    private static MessageResult receive(Chunk chunk, RelaySession session) throws IOException {
        // one that does not know BDAT would read the chunk as commands
        Optional<Downstream> destination =
                session.destination().filter(d -> d.extensions().has("CHUNKING"));
        if (destination.isPresent()
                && session.transaction().filter(BdatCommand::acceptsChunks).isPresent()) {
            return session.transactions().relay().orElseThrow().chunk(chunk.size, chunk.last);
        }
        Optional<Reply> refusal = refusal(session).or(() -> lost(session));
        if (refusal.isPresent()) {
            return refuse(chunk, refusal.get(), session);
        }
        // where BDAT is not offered the transaction goes on: the client may send DATA
        return destination.isPresent()
                ? outOfOrder(chunk, destination.get(), session)
                : swallow(chunk, Replies.NOT_IMPLEMENTED, session);
    }

    private static boolean acceptsChunks(RelayTransaction transaction) {
        return transaction.isOpen()
                && !transaction.isRefused()
                && !transaction.chunkRefused()
                && !transaction.recipients().isEmpty();
    }

    /** The proxy's own refusal, where the destination does not know all that it would need to refuse. */
    private static Optional<Reply> refusal(RelaySession session) {
        Optional<RelayTransaction> transaction = session.transaction();
        if (transaction.filter(RelayTransaction::isRefused).isPresent()) {
            return Optional.of(Replies.FAILED);
        }
        boolean refusedHere = transaction
                .map(t -> t.chunkRefusedHere() || t.lacksRecipientsHere())
                .orElseGet(session.transactions()::isMailRefused);
        if (refusedHere) {
            return Optional.of(NO_CHUNKS);
        }
        boolean kept = session.relay().filters().readContent()
                && transaction.filter(RelayTransaction::hasContent).isPresent();
        return kept ? Optional.of(NO_CHUNKS) : Optional.empty();
    }

    /** A destination that was lost in the middle of its transaction refuses nothing any more. */
    private static Optional<Reply> lost(RelaySession session) {
        boolean gone = session.transaction().filter(RelayTransaction::isOpen).isPresent()
                && session.downstream().open().isEmpty();
        return gone ? Optional.of(session.failures().reply(Failure.LOST)) : Optional.empty();
    }

    /** The destination does not get the chunk. A last one ends the transaction all the same (RFC 3030 §2). */
    private static MessageResult refuse(Chunk chunk, Reply refusal, RelaySession session) throws IOException {
        MessageResult result = swallow(chunk, refusal, session);
        Optional<RelayTransaction> transaction = session.transaction();
        if (transaction.isPresent()) {
            transaction.get().refuseChunksHere();
            if (chunk.last) {
                transaction.get().refuse();
                session.transactions().end(Result.REFUSED, Optional.of(refusal));
            }
        }
        return result;
    }

    private static MessageResult swallow(Chunk chunk, Reply refusal, RelaySession session) throws IOException {
        return stray(chunk, session).refuse(refusal, session.admission().isRejected());
    }

    /**
     * The destination receives the chunk too, and refuses it in its own words. {@code LAST} is sent to it only where
     * nobody would get the message.
     */
    private static MessageResult outOfOrder(Chunk chunk, Downstream destination, RelaySession session)
            throws IOException {
        Optional<RelayTransaction> transaction = session.transaction();
        boolean last = chunk.last
                && transaction
                        .map(RelayTransaction::recipients)
                        .orElse(List.of())
                        .isEmpty();
        MessageResult result = stray(chunk, session).sendTo(destination, last, session.failures());
        Reply reply = result.reply();
        if (last && transaction.isPresent() && reply.isRefusal()) {
            // before it ends: then a connection of the pool is another transaction's
            if (reply.code() != 421) {
                destination.reset();
            }
            session.transactions().end(Result.REFUSED, Optional.of(reply));
        }
        return result.withReply(session.unwanted(reply, NO_CHUNKS));
    }

    private static StrayChunk stray(Chunk chunk, RelaySession session) {
        return new StrayChunk(
                session.client(),
                session.relay().timeouts(),
                session.times().left(),
                octets -> session.transaction().flatMap(t -> session.pacing().arrived(t, octets)),
                chunk.size);
    }
}
