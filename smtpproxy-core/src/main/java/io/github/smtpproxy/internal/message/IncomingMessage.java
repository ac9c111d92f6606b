package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.host.ClientGoneException;
import io.github.smtpproxy.internal.host.ContentRefusedException;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message as content filters see it: its header section, and its body, which is read from the client when a filter
 * opens or replaces it. Then it is kept, in memory and in a temporary file, so that it can be read again; a body that
 * nobody opened before it was passed on or swallowed is gone. Any thread may open it: the lock lets one thread at a time
 * read from the client.
 */
final class IncomingMessage implements Content, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(IncomingMessage.class);

    private final MessageScope scope;
    private final MessageReader reader;
    private final HeaderSection header;
    private final ReentrantLock lock = new ReentrantLock();
    private Block unread = Block.EMPTY;
    private Optional<Spool> kept = Optional.empty();
    private Optional<IOException> failure = Optional.empty();
    private volatile Optional<String> gone = Optional.empty();

    IncomingMessage(MessageScope scope, MessageReader reader) {
        this.scope = scope;
        this.reader = reader;
        this.header = new HeaderSection(scope.endpoint(), scope.budget(), reader.isStuffed());
    }

    /** Reads the header section, as far as it comes with this part. */
    void readHeader() throws IOException {
        while (!header.isComplete() && reader.next()) {
            Block block = reader.block();
            unread = block.from(header.add(block.bytes(), block.from(), block.to()));
            header.refusal().ifPresent(reader::refuse);
        }
        if (reader.isComplete()) {
            header.finish();
            header.refusal().ifPresent(reader::refuse);
        }
        if (reader.refusal().isPresent()) {
            header.close();
        }
    }

    HeaderSection header() {
        return header;
    }

    @Override
    public InputStream open() {
        refuseIfGone();
        lock.lock();
        try {
            refuseIfGone();
            receive();
            reader.refusal().ifPresent(reply -> {
                throw new ContentRefusedException(reply);
            });
            InputStream body = kept.orElseThrow().open();
            return reader.isStuffed() ? new DotStuffing.Unstuffer(body, header.bodyBeginsLine()) : body;
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

    /** Receives the rest of this part of the body and keeps it, unless the message is refused. */
    void keep() throws IOException {
        lock.lock();
        try {
            receive();
        } finally {
            lock.unlock();
        }
    }

    private void receive() throws IOException {
        if (failure.isPresent()) {
            throw failure.get();
        }
        if (!header.isComplete()) {
            return;
        }
        try {
            if (kept.isEmpty() && reader.refusal().isEmpty()) {
                kept = Optional.of(scope.spool());
                append(Block.of(header.bodyBegin()));
            }
            append(unread);
            unread = Block.EMPTY;
            while (reader.next()) {
                append(reader.block());
            }
        } catch (IOException clientGone) {
            failure = Optional.of(clientGone);
            throw clientGone;
        } finally {
            if (!reader.isPartRead() || reader.refusal().isPresent()) {
                closeSpool();
            }
        }
    }

    private void append(Block block) {
        if (reader.refusal().isPresent()) {
            return;
        }
        Spool body = kept.orElseThrow();
        try {
            if (body.size() + block.length() > scope.endpoint().spoolMax()) {
                reader.refuse(Replies.TOO_BIG_TO_KEEP);
            } else {
                body.append(block.bytes(), block.from(), block.to());
            }
        } catch (Spool.BudgetExceededException e) {
            reader.refuse(Replies.NO_MEMORY);
        } catch (IOException e) {
            log.error(
                    "{}: cannot keep the message in a temporary file",
                    scope.transaction().id(),
                    e);
            reader.refuse(Replies.NO_STORAGE);
        }
    }

    /** The body as it came, if it is kept; else it will be passed on, and cannot be opened any more. */
    Optional<Spool> keptOrGone() throws IOException {
        lock.lock();
        try {
            if (failure.isPresent()) {
                throw failure.get();
            }
            if (kept.isEmpty() && reader.isLastPart()) {
                gone = Optional.of("it was passed on to the destination without having been opened before");
            }
            return kept;
        } finally {
            lock.unlock();
        }
    }

    /** What was read of a body that is not kept. */
    Block unread() {
        return unread;
    }

    /** Receives what still comes of this part. A body that is kept has been received. */
    void swallow(Reply reply) throws IOException {
        keptOrGone();
        reader.swallow(reply);
    }

    @Override
    public void close() {
        gone = Optional.of("the message is over");
        header.close();
        closeSpool();
    }

    private void closeSpool() {
        try {
            if (kept.isPresent()) {
                kept.get().close();
            }
        } catch (IOException e) {
            log.warn(
                    "{}: cannot close the temporary file: {}",
                    scope.transaction().id(),
                    e.toString());
        }
    }
}
