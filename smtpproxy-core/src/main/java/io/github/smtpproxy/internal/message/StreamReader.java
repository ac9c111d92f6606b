package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.wire.BareLineEnds;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/** A message that is read from a stream, without dot-stuffing. Its blocks are dot-stuffed, for DATA. */
final class StreamReader extends MessageReader {

    private static final int BLOCK = 8 * 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[BLOCK];
    private final ByteArrayOutputStream stuffed = new ByteArrayOutputStream();
    private final DotStuffing.Stuffer stuffer;
    private final BareLineEnds bareLineEnds = new BareLineEnds();
    private boolean bare;
    private boolean ended;

    StreamReader(InputStream in, Duration timeout, LongFunction<Optional<Reply>> pace, BareNewlines policy) {
        super(timeout, pace, policy);
        this.in = in;
        this.stuffer = new DotStuffing.Stuffer(stuffed, policy == BareNewlines.PASS, true);
    }

    @Override
    Block read(Progress within) throws IOException {
        int n = Math.max(0, in.read(buffer, 0, buffer.length));
        ended = n == 0;
        bare |= bareLineEnds.in(buffer, 0, n) || ended && bareLineEnds.endsInCr();
        return new Block(buffer, 0, n, n);
    }

    /** Stuffed, with line ends that are CRLF unless they pass as they are. */
    @Override
    Block framed(Block arrived) {
        try {
            stuffer.write(arrived.bytes(), arrived.from(), arrived.length());
            if (ended) {
                stuffer.finish();
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        byte[] content = stuffed.toByteArray();
        stuffed.reset();
        return ended ? Block.last(content) : Block.of(content);
    }

    @Override
    void consume(int index) {
        // each block has the buffer for itself
    }

    @Override
    boolean isPartRead() {
        return ended;
    }

    @Override
    boolean isLastPart() {
        return true;
    }

    @Override
    OptionalLong left() {
        return OptionalLong.empty();
    }

    @Override
    boolean hasBareLineEnd() {
        return bare;
    }

    @Override
    boolean isStuffed() {
        return true;
    }

    @Override
    long stuffedDots() {
        return 0;
    }
}
