package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** A writer for a destination that takes US-ASCII only: an octet above 127 refuses the message. */
final class AsciiWriter implements MessageWriter {

    private final MessageWriter writer;
    private final Reply refusal;
    private boolean refused;

    AsciiWriter(MessageWriter writer, Reply refusal) {
        this.writer = writer;
        this.refusal = refusal;
    }

    private boolean isAscii(byte[] bytes, int from, int to) {
        for (int i = from; i < to && !refused; i++) {
            refused = bytes[i] < 0;
        }
        return !refused;
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
        if (isAscii(content, 0, content.length)) {
            writer.hold(content);
        }
    }

    @Override
    public void write(byte[] bytes, int from, int to) {
        if (isAscii(bytes, from, to)) {
            writer.write(bytes, from, to);
        }
    }

    @Override
    public boolean isStuffed() {
        return writer.isStuffed();
    }

    @Override
    public Optional<Reply> refusal() {
        return refused ? Optional.of(refusal) : writer.refusal();
    }

    @Override
    public Reply endPart() {
        return refused ? refusal : writer.endPart();
    }

    @Override
    public Reply commit(Block last) {
        return isAscii(last.bytes(), last.from(), last.to()) ? writer.commit(last) : refusal;
    }

    @Override
    public void close() {
        writer.close();
    }
}
