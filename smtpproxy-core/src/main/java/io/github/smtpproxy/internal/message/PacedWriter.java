package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** A writer that waits for the throttles before it sends content. The time of these waits is not the client's. */
final class PacedWriter implements MessageWriter {

    private final MessageWriter writer;
    private final MessageControl control;
    private final MessageReader reader;
    private final Portions portions = new Portions();
    private Optional<Reply> late = Optional.empty();

    PacedWriter(MessageWriter writer, MessageScope scope, MessageReader reader) {
        this.writer = writer;
        this.control = scope.control();
        this.reader = reader;
    }

    private void await(int octets) {
        if (octets > 0 && refusal().isEmpty()) {
            long began = System.nanoTime();
            boolean delayed = control.send(octets);
            portions.waited(octets, delayed ? System.nanoTime() - began : 0);
            if (delayed) {
                reader.restart();
                late = control.late();
            }
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
        int rest = writePortions(bytes, from, to);
        await(to - rest);
        if (late.isEmpty()) {
            writer.write(bytes, rest, to);
        }
    }

    /** Writes all but the last of the portions in which the octets go on; gives the begin of that. */
    private int writePortions(byte[] bytes, int from, int to) {
        int begin = from;
        while (to - begin > portions.next() && refusal().isEmpty()) {
            int end = begin + portions.next();
            await(end - begin);
            if (late.isEmpty()) {
                writer.write(bytes, begin, end);
            }
            begin = end;
        }
        return begin;
    }

    @Override
    public boolean isStuffed() {
        return writer.isStuffed();
    }

    @Override
    public Optional<Reply> refusal() {
        return late.or(writer::refusal);
    }

    @Override
    public Reply endPart() {
        return late.orElseGet(writer::endPart);
    }

    @Override
    public Reply commit(Block last) {
        Block rest = last.from(writePortions(last.bytes(), last.from(), last.to()));
        await(rest.length());
        return late.or(control::beforeEnd).orElseGet(() -> writer.commit(rest));
    }

    @Override
    public void close() {
        writer.close();
    }
}
