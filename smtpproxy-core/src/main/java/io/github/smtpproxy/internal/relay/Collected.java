package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.LineEndNormalizer;
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
    private final Optional<LineEndNormalizer> normal;
    private volatile boolean closed;

    Collected(RelayTransaction transaction, Relay relay) {
        this.transaction = transaction.id();
        this.endpoint = relay.endpoint();
        this.header = new HeaderSection(endpoint, relay.budget(), false);
        this.body = new Spool(endpoint.spoolMemory(), relay.network(), relay.budget());
        boolean normalize = endpoint.bareNewlines() == BareNewlines.NORMALIZE && !transaction.isBinary();
        this.normal = normalize ? Optional.of(new LineEndNormalizer(false)) : Optional.empty();
    }

    /** Why it is refused, if it is. */
    Optional<Reply> refusal() {
        return refusal;
    }

    void append(byte[] bytes, int from, int to) {
        if (normal.isPresent()) {
            byte[] lines = normal.get().normalize(bytes, from, to);
            add(lines, 0, lines.length);
        } else {
            add(bytes, from, to);
        }
    }

    private void add(byte[] bytes, int from, int to) {
        if (header.complete()) {
            keep(bytes, from, to);
            return;
        }
        header.content(bytes, from, to);
        refusal = header.refusal();
        if (refusal.isEmpty() && header.complete()) {
            byte[] rest = header.takeRest();
            keep(rest, 0, rest.length);
        }
    }

    private void keep(byte[] bytes, int from, int to) {
        try {
            if (body.size() + to - from > endpoint.spoolMax()) {
                refusal = Optional.of(Replies.TOO_BIG_TO_KEEP);
            } else {
                body.append(bytes, from, to);
            }
        } catch (Spool.OutOfBudget e) {
            refusal = Optional.of(Replies.NO_MEMORY);
        } catch (IOException e) {
            log.error("{}: cannot keep the message in a temporary file", transaction, e);
            refusal = Optional.of(Replies.NO_STORAGE);
        }
    }

    /** Its last chunk is here. */
    void finish() {
        byte[] ends = normal.map(LineEndNormalizer::finish).orElse(new byte[0]);
        add(ends, 0, ends.length);
        header.finish();
        refusal = refusal.or(header::refusal);
    }

    Headers headers() {
        return header.headers();
    }

    HeaderSection header() {
        return header;
    }

    /** Octets of the body. */
    long size() {
        return body.size();
    }

    /** Any thread. */
    @Override
    public InputStream open() {
        if (closed) {
            throw new IllegalStateException("the body is gone: the message is over");
        }
        return body.open();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        header.close();
        body.close();
    }
}
