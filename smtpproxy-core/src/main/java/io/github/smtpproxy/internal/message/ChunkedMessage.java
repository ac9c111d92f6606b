package io.github.smtpproxy.internal.message;

import java.io.IOException;

/** The message of a transaction whose client sends it with BDAT, chunk by chunk. Used by the session's thread. */
public final class ChunkedMessage implements AutoCloseable {

    private final ChunkReader reader;
    private final MessagePipeline pipeline;

    public ChunkedMessage(MessageScope scope) {
        this.reader = new ChunkReader(scope.client(), scope.progress(), scope.control(), scope.chunkPolicy());
        this.pipeline = new MessagePipeline(scope, reader, new ChunkWriter(scope));
    }

    /**
     * Receives a chunk, which the client has announced, and relays it.
     *
     * @param last whether it ends the message
     * @throws IOException if the client is gone
     */
    public MessageResult chunk(long size, boolean last) throws IOException {
        reader.begin(size, last);
        return pipeline.relay();
    }

    /** Waits for the client's next command, behind a chunk that is not the last: that is a part of the message's time. */
    public <T> T awaiting(ClientWait<T> wait) throws IOException {
        return reader.awaiting(wait);
    }

    /** Octets of the message that have arrived. */
    public long octets() {
        return reader.octets();
    }

    /** Frees what is held of the message. */
    @Override
    public void close() {
        pipeline.close();
    }
}
