package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;
import java.util.function.LongPredicate;

/** A writer that waits for the throttles before it sends content. The time of these waits is not the client's. */
final class PacedWriter implements MessageWriter {

    private final MessageWriter writer;
    private final LongPredicate sending;
    private final Interruption interruption;
    private final MessageReader reader;

    PacedWriter(MessageWriter writer, MessageScope scope, MessageReader reader) {
        this.writer = writer;
        this.sending = scope.sending();
        this.interruption = scope.interruption();
        this.reader = reader;
    }

    private void await(int octets) {
        if (octets > 0 && refusal().isEmpty() && sending.test(octets)) {
            reader.restart();
        }
    }

    @Override
    public Optional<PendingAnswer> begin() {
        return writer.begin();
    }

    @Override
    public void expect(long octets, boolean last) {
        writer.expect(octets, last);
    }

    @Override
    public void hold(byte[] content) {
        writer.hold(content);
    }

    @Override
    public void write(byte[] bytes, int from, int to) {
        await(to - from);
        writer.write(bytes, from, to);
    }

    @Override
    public Optional<Reply> refusal() {
        return writer.refusal();
    }

    @Override
    public Reply endPart() {
        return writer.endPart();
    }

    @Override
    public Reply commit(Block last) {
        await(last.length());
        return interruption.beforeEnd().orElseGet(() -> writer.commit(last));
    }

    @Override
    public void close() {
        writer.close();
    }
}
