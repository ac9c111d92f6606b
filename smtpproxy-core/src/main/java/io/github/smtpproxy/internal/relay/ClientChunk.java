package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.BareLineEnds;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * A chunk as it arrives from the client: so many octets, whatever they are. It is received whole, whatever becomes of it,
 * unless the session ends with the answer.
 */
final class ClientChunk {

    private final Wire wire;
    private final LongFunction<Optional<Reply>> throttle;
    private final Progress progress;
    private final long size;
    private final boolean last;
    private Optional<BareLineEnds> strict = Optional.empty();
    private long arrived;
    private Optional<Reply> refusal = Optional.empty();
    private Reply farewell = Replies.IDLE;

    /** Where its octets go. */
    interface Sink {
        void octets(byte[] bytes, int from, int to) throws IOException;
    }

    /** Looks at octets; the index up to which it took them. */
    interface Look {
        int at(byte[] bytes, int from, int to);
    }

    /** @param last whether no other chunk follows */
    ClientChunk(Wire wire, Duration blockTimeout, LongFunction<Optional<Reply>> throttle, long size, boolean last) {
        this.wire = wire;
        this.throttle = throttle;
        this.progress = new Progress(blockTimeout);
        this.size = size;
        this.last = last;
    }

    /** Refuses it where a CR or LF stands alone in the text that goes on with it. */
    void refuseBareLineEnds(BareLineEnds in) {
        strict = Optional.of(in);
    }

    boolean isLast() {
        return last;
    }

    long size() {
        return size;
    }

    /** Octets that are here by now. */
    long arrived() {
        return arrived;
    }

    /** Octets that are still to come. */
    long left() {
        return size - arrived;
    }

    /** Why it is refused, if it is. */
    Optional<Reply> refusal() {
        if (last && left() == 0 && strict.filter(BareLineEnds::endsInCr).isPresent()) {
            refuse(Replies.BARE_MESSAGE);
        }
        return refusal;
    }

    void refuse(Reply reply) {
        if (refusal.isEmpty()) {
            refusal = Optional.of(reply);
            if (reply.code() == 421) {
                end(reply);
            }
        }
    }

    /** What still comes of it is received for a while only: the session ends with this. */
    void end(Reply with) {
        if (!progress.isEnding()) {
            farewell = with;
            progress.ends(arrived);
        }
    }

    /** Whether it was not received whole, because the session ends. */
    boolean isCutShort() {
        return left() > 0;
    }

    /** What the client hears if it takes too long. */
    Reply late() {
        return progress.isEnding() ? farewell : progress.late(arrived);
    }

    /** Receives all but so many octets of its end. Nothing goes to the sink once it is refused. */
    void transferAllBut(long end, Sink sink) throws IOException {
        while (left() > end && !progress.isOver(arrived)) {
            step(left() - end, sink);
        }
    }

    /** Receives what comes next. Nothing goes to the sink if it is refused. */
    void transferSome(Sink sink) throws IOException {
        step(left(), sink);
    }

    /** Receives the rest and forgets it, since it is answered with this. */
    void swallow(Reply why) throws IOException {
        if (why.code() == 421) {
            end(why);
        }
        swallow();
    }

    /** Receives the rest and forgets it. */
    void swallow() throws IOException {
        transferAllBut(0, (bytes, from, to) -> {});
    }

    /** To a destination, as long as that is there to take it. */
    Sink to(Downstream destination) {
        return (bytes, from, to) -> {
            destination.write(bytes, from, to);
            if (destination.isLost()) {
                refuse(FailureReplies.SYNCHRONOUS.reply(destination.lastAnswer()));
            }
        };
    }

    /** Shows what comes next; what is not taken is received later. */
    void look(Look look) throws IOException {
        int from = fill();
        int taken = look.at(wire.buffer(), from, from + (int) Math.min(left(), wire.limit() - from));
        judge(from, taken);
        wire.consume(taken);
    }

    private void step(long most, Sink sink) throws IOException {
        int from = fill();
        int to = from + (int) Math.min(most, wire.limit() - from);
        judge(from, to);
        if (refusal.isEmpty()) {
            sink.octets(wire.buffer(), from, to);
        }
        wire.consume(to);
    }

    /** Where what is here begins. */
    private int fill() throws IOException {
        if (!wire.hasBuffered()) {
            wire.readBlock(progress.timeLeft());
        }
        return wire.position();
    }

    private void judge(int from, int to) {
        arrived += to - from;
        progress.reached(arrived);
        if (strict.filter(s -> s.in(wire.buffer(), from, to)).isPresent()) {
            refuse(Replies.BARE_MESSAGE);
        }
        if (!progress.isEnding()) {
            throttle.apply(to - from).ifPresent(this::refuse);
        }
    }
}
