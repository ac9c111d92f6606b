package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.DataScanner;
import io.github.smtpproxy.internal.wire.LineEndNormalizer;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * The message as it arrives from the client, block by block, to its end of data. Whatever becomes of it, it is received
 * to its end: what is refused is swallowed, or its rest would be read as commands, unless the session ends with that.
 */
final class ClientData {

    static final byte[] END = {'.', '\r', '\n'};

    private final Wire wire;
    private final BareNewlines policy;
    private final LongFunction<Optional<Reply>> throttle;
    private final Progress progress;
    private final DataScanner scanner = new DataScanner();
    private final LineEndNormalizer lineEnds = new LineEndNormalizer(true);
    private Optional<Reply> refusal = Optional.empty();
    private boolean started;
    private long octets;
    private long limit = Long.MAX_VALUE;

    /** Where content goes. */
    interface Sink {

        /** Content on the wire, dot-stuffed. */
        void content(byte[] bytes, int from, int to) throws IOException;

        /** The last of it, with the end of data behind it. */
        void last(byte[] bytes, int from, int to) throws IOException;
    }

    static final Sink NOWHERE = new Sink() {
        @Override
        public void content(byte[] bytes, int from, int to) {}

        @Override
        public void last(byte[] bytes, int from, int to) {}
    };

    ClientData(Wire wire, Duration blockTimeout, BareNewlines policy, LongFunction<Optional<Reply>> throttle) {
        this.wire = wire;
        this.progress = new Progress(blockTimeout);
        this.policy = policy;
        this.throttle = throttle;
    }

    boolean done() {
        return scanner.done();
    }

    /** Why the message is refused, if it is. */
    Optional<Reply> refusal() {
        return refusal;
    }

    /** Refuses the message; what still comes is swallowed. The first reason counts. */
    void refuse(Reply reply) {
        if (refusal.isEmpty()) {
            refusal = Optional.of(reply);
            if (reply.code() == 421) {
                progress.ends(octets);
            }
        }
    }

    /** What the client hears if it takes too long. */
    Reply late() {
        return progress.isEnding() ? refusal.orElseThrow() : progress.late(octets);
    }

    /** Octets of content so far. */
    long octets() {
        return octets;
    }

    /** Refuses a message of more octets, without the dots that the wire adds. */
    void limit(long most) {
        limit = Math.min(limit, most);
        checkLimit();
    }

    /** Receives the rest, or some of it where the session ends. */
    void transfer(Sink sink) throws IOException {
        while (!done() && !progress.isOver(octets)) {
            step(sink);
        }
    }

    /** Receives one block. Nothing goes to the sink once the message is refused. */
    void step(Sink sink) throws IOException {
        if (started || !wire.hasBuffered()) {
            wire.readBlock(progress.timeLeft());
        }
        started = true;
        int from = wire.position();
        scanner.scan(wire.buffer(), from, wire.limit());
        octets += scanner.contentEnd() - from;
        judge(scanner.next() - from);
        if (refusal.isEmpty()) {
            pass(sink, from);
        }
        wire.consume(scanner.next());
    }

    private void judge(int arrived) {
        if (policy == BareNewlines.REJECT && scanner.bare()) {
            refuse(Replies.BARE_MESSAGE);
        }
        checkLimit();
        if (!progress.isEnding()) {
            throttle.apply(arrived).ifPresent(this::refuse);
        }
        progress.reached(octets);
    }

    private void pass(Sink sink, int from) throws IOException {
        byte[] block = wire.buffer();
        if (policy == BareNewlines.NORMALIZE) {
            byte[] normal = lineEnds.normalize(block, from, scanner.contentEnd());
            sink.content(normal, 0, normal.length);
            if (done()) {
                sink.last(END, 0, END.length);
            }
        } else if (done()) {
            sink.last(block, from, scanner.next());
        } else {
            sink.content(block, from, scanner.contentEnd());
        }
    }

    private void checkLimit() {
        if (octets - scanner.dots() > limit) {
            refuse(Replies.TOO_BIG);
        }
    }
}
