package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One message on its way from the client to the destination. Close is not commit: the final dot is written by
 * {@link Downstream#commit} alone, which is called only where the whole message has arrived and nobody refused it; in
 * every other case the destination's connection is closed in the middle of the message.
 */
final class MessageRelay {

    private static final Logger log = LoggerFactory.getLogger(MessageRelay.class);

    private final Relay relay;
    private final RelayTransaction transaction;
    private final Downstream downstream;
    private final ClientData data;

    MessageRelay(Relay relay, RelayTransaction transaction, Downstream downstream, ClientData data) {
        this.relay = relay;
        this.transaction = transaction;
        this.downstream = downstream;
        this.data = data;
    }

    /** No filter looks at it: the destination has said 354 already, and the octets pass as they are. */
    Reply stream() throws IOException {
        downstream.queue(TraceHeader.of(transaction, relay.endpoint()));
        Streaming sink = new Streaming();
        try {
            data.transfer(sink);
        } catch (IOException clientGone) {
            downstream.close();
            throw clientGone;
        }
        return finish(sink);
    }

    /** A filter wants to see it: the header section is read first, and DATA opened when the filters let it pass. */
    Reply filter(FilterPipeline filters) throws IOException {
        try (Incoming incoming = new Incoming(transaction.id(), relay, data)) {
            incoming.readHeader();
            Reply reply = data.refusal()
                    .orElseGet(() -> filters.run(
                            Filter::data,
                            Message.of(incoming.headers(), incoming),
                            transaction.session(),
                            Optional.of(transaction),
                            FilterPipeline.Undo.NEVER,
                            () -> {},
                            message -> transmit(message, incoming)));
            incoming.rethrow();
            data.transfer(ClientData.NOWHERE);
            return reply;
        } catch (IOException clientGone) {
            downstream.close();
            throw clientGone;
        }
    }

    private Reply transmit(Message message, Incoming incoming) {
        message.limit().ifPresent(data::limit);
        try {
            boolean replaced = message.content() != incoming;
            if (replaced) {
                data.transfer(ClientData.NOWHERE);
            }
            if (data.refusal().isPresent()) {
                return data.refusal().get();
            }
            Reply goOn = downstream.data();
            return goOn.isIntermediate() ? send(message, incoming, replaced) : goOn;
        } catch (IOException clientGone) {
            downstream.close();
            incoming.failed(clientGone);
            return FilterPipeline.FAILED;
        }
    }

    private Reply send(Message message, Incoming incoming, boolean replaced) throws IOException {
        downstream.queue(TraceHeader.of(transaction, relay.endpoint()));
        incoming.sendHeader(message.headers(), replaced, downstream);
        if (replaced) {
            return sendReplaced(message.content());
        }
        Streaming sink = new Streaming();
        incoming.sendBody(sink);
        if (sink.answer.isEmpty()) {
            downstream.close();
        }
        return finish(sink);
    }

    private Reply sendReplaced(Content content) {
        try (InputStream body = content.open();
                OutputStream wire = new BufferedOutputStream(new DownstreamOutput(), Wire.BLOCK)) {
            DotStuffing.Stuffer stuffer = new DotStuffing.Stuffer(wire);
            body.transferTo(stuffer);
            stuffer.finish();
        } catch (IOException | RuntimeException e) {
            // half of it is with the destination: only closing takes it back
            downstream.close();
            log.error("{}: the body that a filter made cannot be read", transaction.id(), e);
            return FilterPipeline.FAILED;
        }
        return downstream.commit(ClientData.END, 0, ClientData.END.length);
    }

    private Reply finish(Streaming sink) {
        return sink.answer.or(data::refusal).orElseGet(downstream::lastWord);
    }

    /** Passes content on to the destination as it comes, and commits with its last octets. */
    private final class Streaming implements ClientData.Sink {
        private Optional<Reply> answer = Optional.empty();

        @Override
        public void content(byte[] bytes, int from, int to) {
            downstream.write(bytes, from, to);
            if (downstream.lost()) {
                data.refuse(downstream.lastWord());
            }
        }

        @Override
        public void last(byte[] bytes, int from, int to) {
            answer = Optional.of(downstream.commit(bytes, from, to));
        }
    }

    private final class DownstreamOutput extends OutputStream {
        @Override
        public void write(int octet) {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            downstream.write(bytes, offset, offset + length);
        }
    }
}
