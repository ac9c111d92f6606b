package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.wire.BareLineEnds;
import io.github.smtpproxy.internal.wire.DotStuffing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;

/** A message, or the body of one, that is read from a stream without dot-stuffing. Its blocks are dot-stuffed, for DATA. */
final class StreamReader extends MessageReader {

    private static final int BLOCK = 8 * 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[BLOCK];
    private final ByteArrayOutputStream stuffed = new ByteArrayOutputStream();
    private final DotStuffing.Stuffer stuffer;
    private final BareLineEnds bareLineEnds = new BareLineEnds();
    private boolean bare;
    private boolean ended;

    StreamReader(InputStream in, Progress progress, Arrivals arrivals, BareNewlines policy) {
        this(in, progress, arrivals, policy, true);
    }

    private StreamReader(
            InputStream in, Progress progress, Arrivals arrivals, BareNewlines policy, boolean beginsLine) {
        super(progress, arrivals, policy);
        this.in = in;
        this.stuffer = new DotStuffing.Stuffer(stuffed, policy == BareNewlines.PASS, beginsLine);
    }

    /**
     * A body that a filter made.
     *
     * @param pass whether bare line ends pass; else they become CRLF
     * @param beginsLine whether CRLF comes before it
     */
    static StreamReader body(InputStream in, boolean pass, boolean beginsLine) {
        BareNewlines policy = pass ? BareNewlines.PASS : BareNewlines.NORMALIZE;
        return new StreamReader(in, Progress.within(Duration.ZERO), octets -> Optional.empty(), policy, beginsLine);
    }

    @Override
    Block read(Progress within) throws IOException {
        int n = Math.max(0, Copy.next(in, buffer));
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
    boolean hasBareLineEnd() {
        return bare;
    }
}
