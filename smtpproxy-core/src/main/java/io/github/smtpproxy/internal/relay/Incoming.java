package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.Endpoint;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.transport.Transport;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.protocol.Reply;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A message on its way in, for filters: the header section is read, the body kept only once it is opened. */
final class Incoming implements Content, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Incoming.class);
    static final Reply HEADER_TOO_BIG = Reply.refusal(552, "5.3.4", "Header section is too big");
    static final Reply TOO_BIG = Reply.refusal(552, "5.3.4", "Message is too big to be looked at");
    static final Reply NO_ROOM = Reply.refusal(452, "4.3.1", "Insufficient system storage");

    private final String transaction;
    private final Endpoint endpoint;
    private final Transport transport;
    private final ClientData data;
    private final HeaderSection header;
    private Optional<Spool> spool = Optional.empty();
    private Optional<IOException> failed = Optional.empty();

    /** @param transaction names the transaction in the log */
    Incoming(String transaction, Relay relay, ClientData data) {
        this.transaction = transaction;
        this.endpoint = relay.endpoint();
        this.transport = relay.transport();
        this.data = data;
        this.header = new HeaderSection(endpoint.maxHeaderOctets());
    }

    /** Reads the header section; a message refused so far is swallowed to its end. */
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

    Headers headers() {
        try (InputStream in = new DotStuffing.Unstuffer(new ByteArrayInputStream(header.octets()))) {
            return Headers.parse(in.readAllBytes());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
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
                new BufferedInputStream(spool.orElseThrow().open(), Wire.BLOCK));
    }

    private void receive() throws IOException {
        Spool body = new Spool(endpoint.spoolMemory(), transport);
        spool = Optional.of(body);
        Spooling sink = new Spooling(body);
        sink.content(header.rest(), 0, header.rest().length);
        data.transfer(sink);
    }

    /** Writes the header section with these fields, before the client's body or another one. */
    void sendHeader(Headers fields, boolean replaced, Downstream downstream) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DotStuffing.Stuffer stuffer = new DotStuffing.Stuffer(out);
        stuffer.write(fields.toBytes());
        stuffer.finish();
        byte[] section = header.with(out.toByteArray(), replaced);
        downstream.write(section, 0, section.length);
    }

    /** Writes the body as it stood on the wire: what is here already, then what still comes. */
    void sendBody(ClientData.Sink sink) throws IOException {
        if (spool.isPresent()) {
            replay(spool.get(), sink);
        } else {
            sink.content(header.rest(), 0, header.rest().length);
        }
        if (data.done() && data.refusal().isEmpty()) {
            sink.last(ClientData.END, 0, ClientData.END.length);
        } else {
            data.transfer(sink);
        }
    }

    private static void replay(Spool body, ClientData.Sink sink) throws IOException {
        byte[] block = new byte[Wire.BLOCK];
        try (InputStream in = body.open()) {
            for (int n = in.read(block); n > 0; n = in.read(block)) {
                sink.content(block, 0, n);
            }
        }
    }

    /** The client was lost while a filter read the body. */
    void failed(IOException clientGone) {
        failed = Optional.of(clientGone);
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

    private final class Spooling implements ClientData.Sink {
        private final Spool body;

        Spooling(Spool body) {
            this.body = body;
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            try {
                if (body.size() + to - from > endpoint.spoolMax()) {
                    data.refuse(TOO_BIG);
                } else {
                    body.append(bytes, from, to);
                }
            } catch (IOException e) {
                log.error("{}: cannot keep the message in a temporary file", transaction, e);
                data.refuse(NO_ROOM);
            }
        }

        @Override
        public void last(byte[] bytes, int from, int to) {
            content(bytes, from, to - ClientData.END.length);
        }
    }
}
