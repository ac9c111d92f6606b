package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
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
    private static final Reply HEADER_TOO_BIG = Reply.refusal(552, "5.3.4", "Header section is too big");
    private static final Reply NO_ROOM = Reply.refusal(452, "4.3.1", "Insufficient system storage");

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
        trace();
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
        try (Incoming incoming = new Incoming()) {
            incoming.readHeader();
            Reply reply = data.refusal()
                    .orElseGet(() -> filters.run(
                            Filter::data,
                            Message.of(Headers.parse(incoming.header.unstuffed()), incoming),
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
            incoming.failed = Optional.of(clientGone);
            return FilterPipeline.FAILED;
        }
    }

    private Reply send(Message message, Incoming incoming, boolean replaced) throws IOException {
        trace();
        incoming.header.writeTo(downstream, message.headers());
        if (replaced) {
            return sendReplaced(message.content());
        }
        Streaming sink = new Streaming();
        incoming.sendBody(sink);
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

    private void trace() {
        if (relay.endpoint().received()) {
            byte[] field = TraceHeader.of(transaction, relay.endpoint().hostname(), Instant.now());
            downstream.write(field, 0, field.length);
        }
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

    /** The body on its way in: kept only once it is opened. */
    private final class Incoming implements Content, AutoCloseable {
        private final HeaderSection header = new HeaderSection(relay.endpoint().maxHeaderOctets());
        private Optional<Spool> spool = Optional.empty();
        private Optional<IOException> failed = Optional.empty();

        void readHeader() throws IOException {
            while (!data.done() && !header.complete() && data.refusal().isEmpty()) {
                data.step(header);
                if (header.tooBig()) {
                    data.refuse(HEADER_TOO_BIG);
                }
            }
            if (data.refusal().isPresent()) {
                data.transfer(ClientData.NOWHERE);
            }
        }

        @Override
        public InputStream open() {
            try {
                if (spool.isEmpty() && data.refusal().isEmpty()) {
                    receive();
                }
            } catch (IOException clientGone) {
                failed = Optional.of(clientGone);
                throw new UncheckedIOException("the message did not arrive whole", clientGone);
            }
            data.refusal().ifPresent(reply -> {
                throw new RefusedContent(reply);
            });
            return new DotStuffing.Unstuffer(
                    new java.io.BufferedInputStream(spool.orElseThrow().open(), Wire.BLOCK));
        }

        private void receive() throws IOException {
            Spool body = new Spool(relay.endpoint().spoolMemory());
            spool = Optional.of(body);
            Spooling sink = new Spooling(body);
            sink.content(header.rest(), 0, header.rest().length);
            data.transfer(sink);
        }

        void sendBody(Streaming sink) throws IOException {
            if (spool.isPresent()) {
                replay(spool.get());
            } else {
                sink.content(header.rest(), 0, header.rest().length);
            }
            if (data.done() && data.refusal().isEmpty()) {
                sink.last(ClientData.END, 0, ClientData.END.length);
            } else {
                data.transfer(sink);
            }
            if (sink.answer.isEmpty()) {
                downstream.close();
            }
        }

        private void replay(Spool body) throws IOException {
            byte[] block = new byte[Wire.BLOCK];
            try (InputStream in = body.open()) {
                for (int n = in.read(block); n > 0; n = in.read(block)) {
                    downstream.write(block, 0, n);
                }
            }
        }

        void rethrow() throws IOException {
            if (failed.isPresent()) {
                throw failed.get();
            }
        }

        @Override
        public void close() throws IOException {
            if (spool.isPresent()) {
                spool.get().close();
            }
        }
    }

    private final class Spooling implements ClientData.Sink {
        private final Spool body;

        Spooling(Spool body) {
            this.body = body;
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            try {
                if (body.size() + to - from > relay.endpoint().spoolMax()) {
                    data.refuse(Reply.refusal(552, "5.3.4", "Message is too big to be looked at"));
                } else {
                    body.append(bytes, from, to);
                }
            } catch (IOException e) {
                log.error("{}: cannot keep the message in a temporary file", transaction.id(), e);
                data.refuse(NO_ROOM);
            }
        }

        @Override
        public void last(byte[] bytes, int from, int to) {
            content(bytes, from, to - ClientData.END.length);
        }
    }

    /** The header section as it came over the wire, and what of the body came with it. */
    private static final class HeaderSection implements ClientData.Sink {
        private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
        private final int max;
        private int end = -1;
        private boolean separated;
        private byte[] rest = new byte[0];

        HeaderSection(int max) {
            this.max = max;
        }

        boolean complete() {
            return end >= 0;
        }

        boolean tooBig() {
            return (complete() ? end : arrived.size()) > max;
        }

        byte[] rest() {
            return rest;
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            int searchFrom = Math.max(0, arrived.size() - 3);
            arrived.write(bytes, from, to - from);
            byte[] all = arrived.toByteArray();
            if (all.length >= 2 && all[0] == '\r' && all[1] == '\n') {
                split(all, 0, 2);
                return;
            }
            for (int i = searchFrom; i + 3 < all.length; i++) {
                if (all[i] == '\r' && all[i + 1] == '\n' && all[i + 2] == '\r' && all[i + 3] == '\n') {
                    split(all, i + 2, i + 4);
                    return;
                }
            }
        }

        @Override
        public void last(byte[] bytes, int from, int to) {
            content(bytes, from, to - ClientData.END.length);
            if (!complete()) {
                end = arrived.size();
            }
        }

        private void split(byte[] all, int headerEnd, int bodyStart) {
            end = headerEnd;
            separated = true;
            rest = java.util.Arrays.copyOfRange(all, bodyStart, all.length);
        }

        byte[] unstuffed() {
            byte[] raw = java.util.Arrays.copyOf(arrived.toByteArray(), end);
            try (InputStream in = new DotStuffing.Unstuffer(new java.io.ByteArrayInputStream(raw))) {
                return in.readAllBytes();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }

        /** The fields as the filters left them, and the empty line that the client sent. */
        void writeTo(Downstream downstream, Headers headers) throws IOException {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            DotStuffing.Stuffer stuffer = new DotStuffing.Stuffer(out);
            stuffer.write(headers.toBytes());
            stuffer.finish();
            if (separated) {
                out.write('\r');
                out.write('\n');
            }
            downstream.write(out.toByteArray(), 0, out.size());
        }
    }
}
