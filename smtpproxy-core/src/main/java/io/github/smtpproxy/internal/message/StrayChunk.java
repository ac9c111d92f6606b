package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.time.Duration;

/** A chunk that is no part of a message: it is received all the same, or its octets would be read as commands. */
public final class StrayChunk {

    private final Wire client;
    private final ChunkReader reader;
    private final long size;

    /**
     * @param left for all of it
     * @param arrivals asks the throttles about octets that have arrived
     */
    public StrayChunk(Wire client, Timeouts timeouts, Duration left, Arrivals arrivals, long size) {
        this.client = client;
        this.reader = new ChunkReader(client, Progress.within(timeouts, left), arrivals, BareNewlines.PASS);
        this.size = size;
        reader.begin(size, false);
    }

    /**
     * Receives it.
     *
     * @param ends whether the session ends with the reply: then it is received for some time only
     * @throws IOException if the client is gone
     */
    public MessageResult refuse(Reply reply, boolean ends) throws IOException {
        if (ends) {
            reader.endAfter(reply);
        }
        return receive(() -> reply);
    }

    /**
     * Sends it to the destination, which is to refuse it in its own words.
     *
     * @param last whether LAST is sent with it: only where there is no recipient
     * @param replies see {@link MessageScope#replies}
     * @throws IOException if the client is gone
     */
    public MessageResult sendTo(Downstream destination, boolean last, RepliesToClient replies) throws IOException {
        return receive(() -> {
            destination.beginChunk(size + (last ? " LAST" : ""));
            while (reader.next()) {
                Block block = reader.block();
                destination.write(block.bytes(), block.from(), block.to());
                if (destination.isLost()) {
                    reader.refuse(replies.reply(destination.lastAnswer()));
                }
            }
            if (reader.refusal().isPresent()) {
                destination.close();
            }
            return reader.refusal().orElseGet(() -> replies.reply(destination.endChunk()));
        });
    }

    private interface Relay {
        Reply reply() throws IOException;
    }

    private MessageResult receive(Relay relay) throws IOException {
        try {
            Reply reply = relay.reply();
            reader.swallow(reply);
            return new MessageResult(reply, reader.octets(), reader.isPartRead());
        } catch (DeadlineExceededException e) {
            return new MessageResult(reader.late(), reader.octets(), false);
        } finally {
            client.shrink();
        }
    }
}
