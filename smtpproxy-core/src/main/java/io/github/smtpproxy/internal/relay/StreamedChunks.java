package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.LineEndNormalizer;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * The chunks of one message on their way to the destination, each answer its own. Their sizes change where a field of
 * ours comes first, or line ends become CRLF: what is said of a chunk is what will be sent. The end of a last chunk is
 * held back until all of it is here, so that {@code LAST} is said of whole messages only.
 */
final class StreamedChunks {

    private static final byte[] NOTHING = {};
    private static final FailureReplies FAILURES = FailureReplies.SYNCHRONOUS;

    private final Budget budget;
    private final FirstLines first;
    private final Optional<LineEndNormalizer> normal;

    StreamedChunks(Relay relay, RelayTransaction transaction) {
        this.budget = relay.budget();
        this.first = new FirstLines(TraceHeader.of(transaction, relay.endpoint()), false);
        boolean normalize = relay.endpoint().bareNewlines() == BareNewlines.NORMALIZE && !transaction.isBinary();
        this.normal = normalize ? Optional.of(new LineEndNormalizer(false)) : Optional.empty();
    }

    /** Receives a chunk and passes it on; what the client hears of it. */
    Reply pass(ClientChunk chunk, Downstream downstream) throws IOException {
        Reply reply = normal.isPresent() ? normalized(chunk, downstream) : asItIs(chunk, downstream);
        chunk.swallow(reply);
        return chunk.refusal().orElse(reply);
    }

    private Reply asItIs(ClientChunk chunk, Downstream downstream) throws IOException {
        byte[] begin = begin(chunk);
        if (chunk.refusal().isPresent()) {
            return chunk.refusal().get();
        }
        long early = chunk.isLast() ? Math.max(0, chunk.left() - Chunks.MAX_LAST) : chunk.left();
        if (early > 0 || !chunk.isLast()) {
            downstream.beginChunk(Long.toString(early + begin.length));
            downstream.write(begin, 0, begin.length);
            chunk.transferAllBut(chunk.left() - early, chunk.to(downstream));
            Reply reply = chunk.refusal().orElseGet(() -> FAILURES.reply(downstream.endChunk()));
            if (!chunk.isLast() || !reply.isPositive()) {
                return reply;
            }
            begin = NOTHING;
        }
        return last(begin, chunk, downstream);
    }

    /** What goes before the octets that pass as they are: for that, the first of them are looked at. */
    private byte[] begin(ClientChunk chunk) throws IOException {
        while (!first.over() && chunk.left() > 0 && chunk.refusal().isEmpty()) {
            chunk.look(first::look);
        }
        if (chunk.isLast() && chunk.left() == 0) {
            first.finish();
        }
        return first.take();
    }

    private Reply last(byte[] begin, ClientChunk chunk, Downstream downstream) throws IOException {
        try (Budget.Share held = budget.share()) {
            if (!held.take(begin.length + chunk.left())) {
                chunk.refuse(Replies.NO_MEMORY);
                return Replies.NO_MEMORY;
            }
            byte[] rest = Arrays.copyOf(begin, begin.length + (int) chunk.left());
            int[] size = {begin.length};
            chunk.transferAllBut(0, (bytes, from, to) -> {
                System.arraycopy(bytes, from, rest, size[0], to - from);
                size[0] += to - from;
            });
            return chunk.refusal().orElseGet(() -> FAILURES.reply(downstream.commitChunk(rest)));
        }
    }

    /** How much it will be is known once it is changed: so it goes on in chunks of ours. */
    private Reply normalized(ClientChunk chunk, Downstream downstream) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (Budget.Share held = budget.share()) {
            if (!held.take(Math.min(chunk.left() * 2, Chunks.MAX_LAST * 4L))) {
                chunk.refuse(Replies.NO_MEMORY);
            }
            while (chunk.left() > 0 && chunk.refusal().isEmpty()) {
                chunk.transferSome((bytes, from, to) -> normalize(bytes, from, to, text));
                if (text.size() >= Chunks.MAX_LAST && chunk.left() > 0) {
                    Reply reply = pass(text, downstream);
                    if (!reply.isPositive()) {
                        return reply;
                    }
                }
            }
            return chunk.refusal().isPresent() ? chunk.refusal().get() : end(chunk, text, downstream);
        }
    }

    private Reply end(ClientChunk chunk, ByteArrayOutputStream text, Downstream downstream) {
        if (chunk.isLast()) {
            byte[] ends = normal.orElseThrow().finish();
            begin(ends, 0, ends.length, text);
            first.finish();
            text.writeBytes(first.take());
            return FAILURES.reply(downstream.commitChunk(text.toByteArray()));
        }
        return pass(text, downstream);
    }

    private void normalize(byte[] bytes, int from, int to, ByteArrayOutputStream text) {
        byte[] lines = normal.orElseThrow().normalize(bytes, from, to);
        begin(lines, 0, lines.length, text);
    }

    private void begin(byte[] bytes, int from, int to, ByteArrayOutputStream text) {
        int rest = first.over() ? from : first.look(bytes, from, to);
        text.writeBytes(first.take());
        text.write(bytes, rest, to - rest);
    }

    private static Reply pass(ByteArrayOutputStream text, Downstream downstream) {
        downstream.beginChunk(Integer.toString(text.size()));
        byte[] octets = text.toByteArray();
        downstream.write(octets, 0, octets.length);
        text.reset();
        return FAILURES.reply(downstream.endChunk());
    }
}
