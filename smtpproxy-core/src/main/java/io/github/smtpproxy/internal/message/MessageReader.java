package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.LineEndNormalizer;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads the content of a message from the client, block by block, under the limit, the throttles, the policy for bare
 * line ends and the deadline. Subclasses know the framing. DATA is one part; with BDAT each chunk is one, and is replied
 * to.
 *
 * <p>Once the message is refused, no more blocks are given; {@link #swallow} receives the rest of the part, which would
 * be read as commands otherwise. Used by one thread at a time.
 */
abstract class MessageReader {

    private final Arrivals arrivals;
    private final BareNewlines policy;
    private final Optional<LineEndNormalizer> normalizer;
    private final Progress progress;
    private final Portions portions = new Portions();
    private Optional<Reply> refusal = Optional.empty();
    private Optional<Block> read = Optional.empty();
    private Block block = Block.EMPTY;
    private long octets;
    private long limit = Long.MAX_VALUE;

    /**
     * @param progress how long a block, and all of them, may take
     * @param arrivals asks the throttles about octets that have arrived; gives their refusal
     * @param policy for bare line ends in this message
     */
    MessageReader(Progress progress, Arrivals arrivals, BareNewlines policy) {
        this.progress = progress;
        this.arrivals = arrivals;
        this.policy = policy;
        this.normalizer =
                policy == BareNewlines.NORMALIZE ? Optional.of(new LineEndNormalizer(isStuffed())) : Optional.empty();
    }

    /** Waits for octets of this part: at least one, unless the part ends; of what is there already, no more than {@link #portion}. */
    abstract Block read(Progress within) throws IOException;

    /** The octets before this index of the client's buffer have been used. */
    abstract void consume(int index);

    /** Whether this part has been read to its end. */
    abstract boolean isPartRead();

    /** Whether no other part follows. */
    boolean isLastPart() {
        return true;
    }

    /** Octets of this part that are still to be read, if that is known. */
    OptionalLong left() {
        return OptionalLong.empty();
    }

    /** Whether a bare CR or LF was found. */
    abstract boolean hasBareLineEnd();

    /** Whether a dot that begins a line is doubled in the blocks, as DATA has it (RFC 5321 §4.5.2). */
    boolean isStuffed() {
        return true;
    }

    /** Octets of the blocks that are no part of the message (RFC 1870 §5). */
    long stuffedDots() {
        return 0;
    }

    /** Whether the message has been read to its end. */
    final boolean isComplete() {
        return isLastPart() && isPartRead();
    }

    /** How many octets come with {@link #left}, if they come as they are. */
    final OptionalLong leftUnchanged() {
        return normalizer.isPresent() ? OptionalLong.empty() : left();
    }

    /** Reads the next block; false if there is none, or the message is refused. */
    final boolean next() throws IOException {
        if (refusal.isPresent() || isOver()) {
            return false;
        }
        receive();
        return refusal.isEmpty();
    }

    /** What {@link #next} read. */
    final Block block() {
        return block;
    }

    private boolean isOver() {
        return isPartRead() || progress.isOver(octets);
    }

    private void receive() throws IOException {
        release();
        Block arrived = read(progress);
        progress.arrived();
        read = Optional.of(arrived);
        octets += arrived.length();
        if (policy == BareNewlines.REJECT && hasBareLineEnd()) {
            refuse(Replies.BARE_MESSAGE);
        }
        checkLimit();
        if (!progress.isEnding() && arrived.end() > arrived.from()) {
            await((long) arrived.end() - arrived.from());
        }
        progress.reached(octets);
        if (refusal.isEmpty()) {
            block = framed(arrived);
        }
    }

    private void await(long arrived) {
        long began = System.nanoTime();
        arrivals.arrived(arrived).ifPresent(this::refuse);
        long waited = System.nanoTime() - began;
        progress.forgive(waited);
        portions.waited(arrived, waited);
    }

    /** Octets that one block may have. */
    final int portion() {
        return portions.next();
    }

    /** The block as it goes on: with the line ends that the policy wants. */
    Block framed(Block arrived) {
        return normalizer.isEmpty() ? arrived : normalized(normalizer.get(), arrived);
    }

    private Block normalized(LineEndNormalizer lineEnds, Block arrived) {
        byte[] text = lineEnds.normalize(arrived.bytes(), arrived.from(), arrived.to());
        if (!isComplete()) {
            return Block.of(text);
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream(text.length);
        whole.writeBytes(text);
        whole.writeBytes(lineEnds.finish());
        return Block.last(whole.toByteArray());
    }

    private void release() {
        read.ifPresent(used -> consume(used.end()));
        read = Optional.empty();
        block = Block.EMPTY;
    }

    /** Refuses the message. The first reason counts. */
    final void refuse(Reply reply) {
        if (refusal.isEmpty()) {
            refusal = Optional.of(reply);
            if (reply.code() == 421) {
                endAfter(reply);
            }
        }
    }

    final Optional<Reply> refusal() {
        return refusal;
    }

    /** Refuses the message if it has more octets. */
    final void limit(long most) {
        limit = Math.min(limit, most);
        checkLimit();
    }

    private void checkLimit() {
        if (octets - stuffedDots() > limit) {
            refuse(Replies.TOO_BIG);
        }
    }

    /** Receives the rest of this part, whose reply this is. Behind one that ends the session, some of it only. */
    final void swallow(Reply reply) throws IOException {
        if (reply.code() == 421) {
            endAfter(reply);
        }
        while (!isOver()) {
            receive();
        }
        release();
    }

    /** The session ends with this reply: what still comes is received for some time only. */
    final void endAfter(Reply reply) {
        progress.endAfter(reply, octets);
    }

    /** Waits for what announces the next part: that is the client's time. */
    final <T> T awaiting(ClientWait<T> wait) throws IOException {
        progress.timeLeft();
        try {
            return wait.run();
        } finally {
            progress.arrived();
        }
    }

    /** A part begins, or goes on after others took their time. */
    final void restart() {
        progress.restart(octets);
    }

    /** The reply to a client that takes too long. */
    final Reply late() {
        return progress.late(octets);
    }

    /** Octets of content so far, as the client sent them. */
    final long octets() {
        return octets;
    }
}
