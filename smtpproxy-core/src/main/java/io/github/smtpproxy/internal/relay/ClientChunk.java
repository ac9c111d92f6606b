package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongFunction;

/** A chunk as it arrives from the client: so many octets, whatever they are. It is received whole, whatever becomes of it. */
final class ClientChunk {

    private final Wire wire;
    private final LongFunction<Optional<Reply>> throttle;
    private final Progress progress;
    private final long size;
    private long arrived;
    private Optional<Reply> refusal = Optional.empty();

    /** Where its octets go. */
    interface Sink {
        void octets(byte[] bytes, int from, int to) throws IOException;
    }

    ClientChunk(Wire wire, Duration blockTimeout, LongFunction<Optional<Reply>> throttle, long size) {
        this.wire = wire;
        this.throttle = throttle;
        this.progress = new Progress(blockTimeout);
        this.size = size;
    }

    /** Octets that are here by now. */
    long arrived() {
        return arrived;
    }

    /** Why it is refused, if it is. */
    Optional<Reply> refusal() {
        return refusal;
    }

    void refuse(Reply reply) {
        if (refusal.isEmpty()) {
            refusal = Optional.of(reply);
        }
    }

    /** Receives all but so many octets of its end. Nothing goes to the sink once it is refused. */
    void transferAllBut(int end, Sink sink) throws IOException {
        while (size - arrived > end) {
            step(size - arrived - end, sink);
        }
    }

    /** Receives the rest, which must be small. */
    byte[] rest() throws IOException {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        transferAllBut(0, (bytes, from, to) -> rest.write(bytes, from, to - from));
        return rest.toByteArray();
    }

    /** Receives the rest and forgets it. */
    void swallow() throws IOException {
        transferAllBut(0, (bytes, from, to) -> {});
    }

    private void step(long most, Sink sink) throws IOException {
        if (!wire.hasBuffered()) {
            wire.readBlock(progress.timeLeft());
        }
        int from = wire.position();
        int to = from + (int) Math.min(most, wire.limit() - from);
        arrived += to - from;
        progress.reached(arrived);
        throttle.apply(to - from).ifPresent(this::refuse);
        if (refusal.isEmpty()) {
            sink.octets(wire.buffer(), from, to);
        }
        wire.consume(to);
    }
}
