package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** A reply that a throttle lets out octet by octet. Confined to the session's thread. */
final class SlowReply implements ReplyQueue.OddWriter {

    private final Wire client;
    private final Duration timeout;
    private final Pacing pacing;

    /** @param timeout for writing to the client */
    SlowReply(Wire client, Duration timeout, Pacing pacing) {
        this.client = client;
        this.timeout = timeout;
        this.pacing = pacing;
    }

    @Override
    public boolean write(Reply reply, ReplyQueue.InReplyTo command) throws IOException {
        Optional<Duration> delay = pacing.takeSlowReply();
        if (delay.isEmpty()) {
            return false;
        }
        client.flush(timeout);
        String text = String.join("\r\n", reply.wireLines()) + "\r\n";
        client.transcribe(text);
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        Duration each = delay.get().dividedBy(octets.length);
        try {
            for (byte octet : octets) {
                pacing.pauseInReply(each);
                client.queueBytes(new byte[] {octet});
                client.flush(timeout);
            }
        } finally {
            pacing.replyIsWritten();
        }
        return true;
    }
}
