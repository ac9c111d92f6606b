package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;

/** Content on its way to the destination as it arrives, in the client's own buffer, behind a Received field. */
final class Streaming {

    private final MessageReader reader;
    private final MessageWriter writer;
    private final FirstLines first;

    /** @param receivedField empty for none */
    Streaming(MessageReader reader, MessageWriter writer, byte[] receivedField) {
        this.reader = reader;
        this.writer = writer;
        this.first = new FirstLines(receivedField, reader.isStuffed());
    }

    /**
     * Writes this block, then those that the reader still has for this part.
     *
     * @return the destination's reply, or why the message is refused
     */
    Reply pass(Block begin) throws IOException {
        Block block = behindField(begin);
        while (!reader.isComplete()) {
            writer.write(block.bytes(), block.from(), block.to());
            if (writer.refusal().isPresent()) {
                return writer.refusal().get();
            }
            if (!reader.next()) {
                return reader.refusal().orElseGet(writer::endPart);
            }
            block = behindField(reader.block());
        }
        return reader.refusal().isPresent() ? reader.refusal().get() : writer.commit(block);
    }

    /** What of it stands behind the field and the lines that the field changes; its size is known then. */
    private Block behindField(Block block) {
        Block rest = block;
        if (!first.isOver()) {
            rest = block.from(first.look(block.bytes(), block.from(), block.to()));
            if (reader.isComplete()) {
                first.finish();
            }
            writer.hold(first.take());
        }
        if (first.isOver() || reader.isPartRead()) {
            long known = rest.length();
            reader.leftUnchanged().ifPresent(left -> writer.expect(known + left, reader.isLastPart()));
        }
        return rest;
    }
}
