package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayOutputStream;
import java.util.Optional;

/**
 * BDAT to the destination (RFC 3030 §2). A chunk of known size goes on as it comes; the end of a last one is held back
 * until the whole message is here, so that {@code LAST} is sent with octets that are all in memory. Where the size is
 * not known before, because line ends change, the content goes in chunks of its own.
 */
final class ChunkWriter implements MessageWriter {

    /** The octets of an announced message that are sent with {@code LAST}, at most. */
    private static final int MAX_LAST = 32 * 1024;

    private final Downstream downstream;
    private final RepliesToClient replies;
    private final Budget.Share memory;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private boolean announced;
    private boolean last;
    /** Octets of the chunk that the destination expects. */
    private long expected;

    private Optional<Reply> refusal = Optional.empty();

    ChunkWriter(MessageScope scope) {
        this.downstream = scope.downstream();
        this.replies = scope.replies();
        this.memory = scope.budget().share();
    }

    @Override
    public Optional<PendingAnswer> begin() {
        return Optional.empty();
    }

    @Override
    public void expect(long octets, boolean endsMessage) {
        if (announced) {
            return;
        }
        announced = true;
        last = endsMessage;
        long size = held.size() + octets;
        expected = last ? Math.max(0, size - MAX_LAST) : size;
        if (expected > 0 || !last) {
            downstream.beginChunk(Long.toString(expected));
            byte[] before = takeHeld();
            write(before, 0, before.length);
        }
    }

    @Override
    public void hold(byte[] content) {
        if (announced) {
            write(content, 0, content.length);
        } else {
            keep(content, 0, content.length);
        }
    }

    @Override
    public void write(byte[] bytes, int from, int to) {
        if (!announced && held.size() >= MAX_LAST) {
            require(sendHeld());
        }
        int split = from + (int) Math.min(expected, to - from);
        if (split > from) {
            downstream.write(bytes, from, split);
            expected -= split - from;
            if (expected == 0 && last) {
                require(downstream.endChunk());
            }
        }
        if (split < to) {
            keep(bytes, split, to);
        }
    }

    private void keep(byte[] bytes, int from, int to) {
        if (refusal.isPresent()) {
            return;
        }
        if (memory.take((long) to - from)) {
            held.write(bytes, from, to - from);
        } else {
            refusal = Optional.of(Replies.NO_MEMORY);
        }
    }

    private byte[] takeHeld() {
        byte[] taken = held.toByteArray();
        held.reset();
        memory.give(taken.length);
        return taken;
    }

    /** What is held, as a chunk of its own. */
    private Answer sendHeld() {
        byte[] chunk = takeHeld();
        downstream.beginChunk(Integer.toString(chunk.length));
        downstream.write(chunk, 0, chunk.length);
        return downstream.endChunk();
    }

    private void require(Answer answer) {
        if (!answer.isPositive() && refusal.isEmpty()) {
            refusal = Optional.of(replies.reply(answer));
        }
    }

    @Override
    public boolean isStuffed() {
        return false;
    }

    @Override
    public Optional<Reply> refusal() {
        return refusal.isEmpty() && downstream.isLost() ? Optional.of(replies.reply(downstream.lastAnswer())) : refusal;
    }

    @Override
    public Reply endPart() {
        Answer answer = announced ? downstream.endChunk() : sendHeld();
        announced = false;
        return replies.reply(answer);
    }

    @Override
    public Reply commit(Block block) {
        write(block.bytes(), block.from(), block.to());
        Reply reply = refusal().orElseGet(() -> replies.reply(downstream.commitChunk(held.toByteArray())));
        close();
        return reply;
    }

    @Override
    public void close() {
        held.reset();
        memory.close();
    }
}
