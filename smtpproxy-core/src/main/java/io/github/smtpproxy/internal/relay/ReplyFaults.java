package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session.HangUp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Replies that are written late, in pieces, in part, wrongly or not at all, on purpose. Confined to the session's thread. */
final class ReplyFaults implements ReplyQueue.OddWriter {

    private final Wire client;
    private final Duration timeout;
    private final SessionFaults faults;
    private boolean written;

    /** @param timeout for writing to the client */
    ReplyFaults(Wire client, Duration timeout, SessionFaults faults) {
        this.client = client;
        this.timeout = timeout;
        this.faults = faults;
    }

    /** @throws IOException if a fault hung up, or the client is gone */
    @Override
    public boolean write(Reply reply, ReplyQueue.InReplyTo command) throws IOException {
        if (faults.isNone()) {
            return false;
        }
        List<Fault> made = faults.at(new FaultPoint(
                command.endsMessage() ? Stage.MESSAGE_REPLY : Stage.REPLY,
                faults.session(),
                command.transaction(),
                command.spoken().verb(),
                command.spoken().argument(),
                Optional.of(reply)));
        if (made.isEmpty()) {
            return false;
        }
        client.flush(timeout);
        written = false;
        for (Fault fault : made) {
            faults.made(command.transaction(), fault);
            make(fault, String.join("\r\n", reply.wireLines()) + "\r\n");
        }
        return written;
    }

    private void make(Fault fault, String reply) throws IOException {
        if (fault instanceof Fault.HangUp hangUp) {
            throw faults.hangUp(hangUp.how());
        } else if (fault instanceof Fault.Cut cut) {
            send(reply.substring(0, Math.min(cut.octets(), reply.length())));
            throw faults.hangUp(cut.how());
        } else if (fault instanceof Fault.Linger linger) {
            send(reply);
            faults.pause(linger.time());
            throw faults.hangUp(HangUp.CLOSE);
        } else if (fault instanceof Fault.Slice slice) {
            slice(reply, slice);
        } else if (fault instanceof Fault.Garble garble) {
            send(garble.line() + "\r\n");
        } else if (fault instanceof Fault.Delay delay) {
            faults.pause(delay.time());
        } else {
            faults.notAllowed(fault);
        }
    }

    /** What was written first counts. */
    private void send(String text) throws IOException {
        if (!written) {
            written = true;
            client.transcribe(text);
            client.queueBytes(text.getBytes(StandardCharsets.ISO_8859_1));
            client.flush(timeout);
        }
    }

    private void slice(String reply, Fault.Slice slice) throws IOException {
        if (written) {
            return;
        }
        client.transcribe(reply);
        for (int from = 0; from < reply.length(); from += slice.octets()) {
            if (from > 0) {
                faults.pause(slice.pause());
            }
            int to = (int) Math.min(reply.length(), (long) from + slice.octets());
            client.queueBytes(reply.substring(from, to).getBytes(StandardCharsets.ISO_8859_1));
            client.flush(timeout);
        }
        written = true;
    }
}
