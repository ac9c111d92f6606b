package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** DATA to the destination: blocks are dot-stuffed already, and the last one has the end of data behind it. */
final class DataWriter implements MessageWriter {

    private final Downstream downstream;
    private final RepliesToClient replies;

    DataWriter(MessageScope scope) {
        this.downstream = scope.downstream();
        this.replies = scope.replies();
    }

    @Override
    public Optional<PendingAnswer> begin() {
        return Optional.of(downstream.data("DATA"));
    }

    @Override
    public void expect(long octets, boolean last) {
        // the end of data ends it
    }

    @Override
    public void hold(byte[] content) {
        downstream.queue(content);
    }

    @Override
    public void write(byte[] bytes, int from, int to) {
        if (from < to) {
            downstream.write(bytes, from, to);
        }
    }

    @Override
    public boolean isStuffed() {
        return true;
    }

    @Override
    public Optional<Reply> refusal() {
        return downstream.isLost() ? Optional.of(endPart()) : Optional.empty();
    }

    @Override
    public Reply endPart() {
        return replies.reply(downstream.lastAnswer());
    }

    @Override
    public Reply commit(Block last) {
        return replies.reply(downstream.commit(last.bytes(), last.from(), last.end()));
    }

    @Override
    public void close() {
        // holds nothing
    }
}
