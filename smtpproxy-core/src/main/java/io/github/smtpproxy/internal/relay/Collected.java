package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.Endpoint;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A message that comes in chunks, kept for the filters until its last one is here. */
final class Collected implements Content, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Collected.class);

    private final String transaction;
    private final Endpoint endpoint;
    private final HeaderSection header;
    private final Spool body;
    private Optional<Reply> refusal = Optional.empty();

    /** @param transaction names the transaction in the log */
    Collected(String transaction, Relay relay) {
        this.transaction = transaction;
        this.endpoint = relay.endpoint();
        this.header = new HeaderSection(endpoint.maxHeaderOctets());
        this.body = new Spool(endpoint.spoolMemory(), relay.transport());
    }

    /** Why it is refused, if it is. */
    Optional<Reply> refusal() {
        return refusal;
    }

    void append(byte[] bytes, int from, int to) {
        if (header.complete()) {
            keep(bytes, from, to);
            return;
        }
        header.content(bytes, from, to);
        if (header.tooBig()) {
            refusal = Optional.of(Incoming.HEADER_TOO_BIG);
        } else {
            keep(header.rest(), 0, header.rest().length);
        }
    }

    private void keep(byte[] bytes, int from, int to) {
        try {
            if (body.size() + to - from > endpoint.spoolMax()) {
                refusal = Optional.of(Incoming.TOO_BIG);
            } else {
                body.append(bytes, from, to);
            }
        } catch (IOException e) {
            log.error("{}: cannot keep the message in a temporary file", transaction, e);
            refusal = Optional.of(Incoming.NO_ROOM);
        }
    }

    Headers headers() {
        return Headers.parse(header.octets());
    }

    /** These fields as they stand before the body, or another one. */
    byte[] section(Headers fields, boolean replaced) {
        return header.with(fields.toBytes(), replaced);
    }

    /** Octets of the body. */
    long size() {
        return body.size();
    }

    @Override
    public InputStream open() {
        return body.open();
    }

    @Override
    public void close() throws IOException {
        body.close();
    }
}
