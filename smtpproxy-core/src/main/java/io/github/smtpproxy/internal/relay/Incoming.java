package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.host.ClientGoneException;
import io.github.smtpproxy.internal.host.ContentRefusedException;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message on its way in, for filters: the header section is read, the body kept only once it is opened or replaced.
 * The body is on its way, then kept, or gone: passed on or swallowed without having been kept. Who wants it takes the
 * lock, so that the client is read by one thread at a time, whichever that is, and what is kept is whole.
 */
final class Incoming implements Content, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Incoming.class);

    private final String transaction;
    private final Relay relay;
    private final Endpoint endpoint;
    private final ClientData data;
    private final HeaderSection header;
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<Spool> kept = Optional.empty();
    private Optional<IOException> failed = Optional.empty();
    private volatile Optional<String> gone = Optional.empty();

    /** @param transaction names the transaction in the log */
    Incoming(String transaction, Relay relay, ClientData data) {
        this.transaction = transaction;
        this.relay = relay;
        this.endpoint = relay.endpoint();
        this.data = data;
        this.header = new HeaderSection(endpoint, relay.budget(), true);
    }

    /** Reads the header section; a message refused so far is swallowed to its end. */
    void readHeader() throws IOException {
        while (!data.done() && !header.complete() && data.refusal().isEmpty()) {
            data.step(header);
            header.refusal().ifPresent(data::refuse);
        }
        if (data.refusal().isPresent()) {
            header.close();
            data.transfer(ClientData.NOWHERE);
        }
    }

    HeaderSection header() {
        return header;
    }

    Headers headers() {
        return header.headers();
    }

    /** Any thread. */
    @Override
    public InputStream open() {
        refuseIfGone();
        lock.lock();
        try {
            refuseIfGone();
            receive();
            return new DotStuffing.Unstuffer(kept.orElseThrow().open(), header.bodyBeginsLine());
        } catch (IOException clientGone) {
            throw new ClientGoneException(clientGone);
        } finally {
            lock.unlock();
        }
    }

    private void refuseIfGone() {
        gone.ifPresent(why -> {
            throw new IllegalStateException("the body is gone: " + why);
        });
    }

    /** Keeps the body, unless it is refused. */
    void keep() throws IOException {
        lock.lock();
        try {
            receive();
        } catch (ContentRefusedException known) {
            // as the data say
        } finally {
            lock.unlock();
        }
    }

    private void receive() throws IOException {
        if (failed.isPresent()) {
            throw failed.get();
        }
        if (kept.isEmpty() && data.refusal().isEmpty()) {
            Spool body = new Spool(endpoint.spoolMemory(), relay.network(), relay.budget());
            kept = Optional.of(body);
            receive(new Spooling(body));
        }
        if (data.refusal().isPresent()) {
            throw new ContentRefusedException(data.refusal().get());
        }
    }

    private void receive(Spooling sink) throws IOException {
        try {
            byte[] rest = header.takeRest();
            sink.content(rest, 0, rest.length);
            data.transfer(sink);
        } catch (IOException clientGone) {
            failed = Optional.of(clientGone);
            throw clientGone;
        } finally {
            if (!data.done() || data.refusal().isPresent()) {
                sink.body.close();
            }
        }
    }

    /** The body as it stood on the wire, if it is kept; else it will be passed on, and can be opened no more. */
    Optional<Spool> keptOrGone() throws IOException {
        lock.lock();
        try {
            if (failed.isPresent()) {
                throw failed.get();
            }
            if (kept.isEmpty()) {
                gone = Optional.of("it was passed on to the destination without having been opened before");
            }
            return kept;
        } finally {
            lock.unlock();
        }
    }

    /** Passes the body on as it stands on the wire: what is here already, then what still comes. */
    void transfer(ClientData.Sink sink) throws IOException {
        byte[] rest = header.takeRest();
        sink.content(rest, 0, rest.length);
        if (data.done() && data.refusal().isEmpty()) {
            sink.last(ClientData.END, 0, ClientData.END.length);
        } else {
            data.transfer(sink);
        }
    }

    /** Receives what still comes of it; from now on a body that was not kept is gone. */
    void swallow() throws IOException {
        if (keptOrGone().isEmpty()) {
            data.transfer(ClientData.NOWHERE);
        }
    }

    @Override
    public void close() throws IOException {
        gone = Optional.of("the message is over");
        header.close();
        if (kept.isPresent()) {
            kept.get().close();
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
                    data.refuse(Replies.TOO_BIG_TO_KEEP);
                } else {
                    body.append(bytes, from, to);
                }
            } catch (Spool.OutOfBudget e) {
                data.refuse(Replies.NO_MEMORY);
            } catch (IOException e) {
                log.error("{}: cannot keep the message in a temporary file", transaction, e);
                data.refuse(Replies.NO_STORAGE);
            }
        }

        @Override
        public void last(byte[] bytes, int from, int to) {
            content(bytes, from, to - ClientData.END.length);
        }
    }
}
