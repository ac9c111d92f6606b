package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.wire.BareLineEnds;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.internal.wire.Wire;
import java.io.IOException;
import java.util.OptionalLong;

/** The chunks of one message (RFC 3030 §2): each is so many octets, whatever they are. An empty one is an empty block. */
final class ChunkReader extends MessageReader {

    private final Wire client;
    private final BareNewlines policy;
    private final BareLineEnds bareLineEnds = new BareLineEnds();
    private boolean bare;
    private long left;
    private boolean last;
    private boolean read = true;

    /** @param policy for bare line ends; what is not text passes */
    ChunkReader(Wire client, Progress progress, Arrivals arrivals, BareNewlines policy) {
        super(progress, arrivals, policy);
        this.client = client;
        this.policy = policy;
    }

    /** The client has announced the next chunk. */
    void begin(long size, boolean lastOfAll) {
        left = size;
        last = lastOfAll;
        read = false;
        restart();
    }

    @Override
    Block read(Progress within) throws IOException {
        if (within.isBehind()) {
            throw new DeadlineExceededException("chunks come too slowly");
        }
        if (left > 0 && !client.hasBuffered()) {
            client.readBlock(within.timeLeft());
        }
        int from = client.position();
        int to = from + (int) Math.min(left, Math.min(portion(), client.limit() - from));
        left -= to - from;
        read = left == 0;
        if (policy == BareNewlines.REJECT) {
            bare |= bareLineEnds.in(client.buffer(), from, to) || isComplete() && bareLineEnds.endsInCr();
        }
        return new Block(client.buffer(), from, to, to);
    }

    @Override
    void consume(int index) {
        client.consume(index);
    }

    @Override
    boolean isPartRead() {
        return read;
    }

    @Override
    boolean isLastPart() {
        return last;
    }

    @Override
    OptionalLong left() {
        return OptionalLong.of(left);
    }

    @Override
    boolean hasBareLineEnd() {
        return bare;
    }

    @Override
    boolean isStuffed() {
        return false;
    }
}
