package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A message that came whole, in chunks, on its way past the filters to the destination. */
final class CollectedRelay {

    private static final Logger log = LoggerFactory.getLogger(CollectedRelay.class);

    private static final int BLOCK = 8 * 1024;

    private final Relay relay;
    private final RelayTransaction transaction;
    private final Downstream downstream;

    CollectedRelay(Relay relay, RelayTransaction transaction, Downstream downstream) {
        this.relay = relay;
        this.transaction = transaction;
        this.downstream = downstream;
    }

    Reply filter(Collected collected) {
        return relay.filters()
                .run(
                        new Filters.Pass<>(
                                Filter::data,
                                transaction.session(),
                                Optional.of(transaction),
                                Filters.Undo.NEVER,
                                () -> {}),
                        Message.of(collected.headers(), collected),
                        message -> transmit(message, collected));
    }

    private Reply transmit(Message message, Collected collected) {
        try (Spool replaced = new Spool(relay.endpoint().spoolMemory(), relay.network(), relay.budget())) {
            boolean same = message.content() == collected;
            byte[] trace = TraceHeader.of(transaction, relay.endpoint());
            byte[] section = collected.header().section(message.headers(), trace.length > 0, !same);
            if (!same && !copy(message.content(), replaced, collected)) {
                return Replies.TOO_BIG_TO_KEEP;
            }
            long body = same ? collected.size() : replaced.size();
            if (section.length + body > message.limit().orElse(Long.MAX_VALUE)) {
                return Replies.TOO_BIG;
            }
            InputStream all = new SequenceInputStream(Collections.enumeration(List.of(
                    new ByteArrayInputStream(trace),
                    new ByteArrayInputStream(section),
                    same ? collected.open() : replaced.open())));
            return send(all, trace.length + section.length + body);
        } catch (Spool.OutOfBudget e) {
            return Replies.NO_MEMORY;
        } catch (Throwable e) {
            // what a filter made may do anything
            downstream.close();
            log.error("{}: the message cannot be read for the destination", transaction.id(), e);
            return Replies.FAILED;
        }
    }

    /** @return whether it grew by no more than may be kept: one without an end would fill the disk */
    private boolean copy(Content content, Spool to, Collected original) throws IOException {
        BooleanSupplier fits =
                () -> to.size() - original.size() <= relay.endpoint().spoolMax();
        try (InputStream in = content.open()) {
            Copy.all(in, to::append, fits);
        }
        return fits.getAsBoolean();
    }

    /** {@code LAST} is said with octets that are all in memory: nothing can go wrong in the middle of them. */
    private Reply send(InputStream all, long size) throws IOException {
        long early = Math.max(0, size - Chunks.MAX_LAST);
        if (early > 0) {
            downstream.beginChunk(Long.toString(early));
            byte[] block = new byte[BLOCK];
            for (long left = early; left > 0; ) {
                int n = all.readNBytes(block, 0, (int) Math.min(left, block.length));
                if (n == 0) {
                    throw new EOFException("shorter than it was");
                }
                downstream.write(block, 0, n);
                left -= n;
            }
            Reply reply = FailureReplies.SYNCHRONOUS.reply(downstream.endChunk());
            if (!reply.isPositive()) {
                return reply;
            }
        }
        byte[] rest = all.readNBytes(Chunks.MAX_LAST);
        if (rest.length != size - early) {
            throw new EOFException("shorter than it was");
        }
        return FailureReplies.SYNCHRONOUS.reply(downstream.commitChunk(rest));
    }
}
