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
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message as content filters see it: its header section, and its body, which is read from the client when a filter opens,
 * keeps or replaces it. Then it is kept, in memory and in a temporary file, so that it can be read again. Where only its
 * begin is kept when it is passed on, the rest follows as it arrives, and it cannot be opened any more. Any thread may open
 * it: the lock lets one thread at a time read from the client.
 */
final class IncomingMessage implements Content, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(IncomingMessage.class);

    private final MessageScope scope;
    private final MessageReader reader;
    private final HeaderSection header;
    private final ReentrantLock lock = new ReentrantLock();
    private Block unread = Block.EMPTY;
    private Optional<Spool> kept = Optional.empty();
    private Optional<BodyLength> length = Optional.empty();
    private boolean passedOn;
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
        return received(Long.MAX_VALUE, () -> {
            refuseIfFull();
            refuseIfRefused();
            InputStream body = kept.orElseThrow().open();
            return reader.isStuffed() ? new DotStuffing.Unstuffer(body, header.bodyBeginsLine()) : body;
        });
    }

    @Override
    public boolean keepUpTo(long octets) {
        if (octets < 0) {
            throw new IllegalArgumentException("octets must be at least 0, was " + octets);
        }
        return received(octets, () -> {
            refuseIfRefused();
            return isWhole() && length() <= octets;
        });
    }

    /** Receives so many octets of the body, and one block more at most, before it answers. */
    private <T> T received(long octets, Supplier<T> answer) {
        refuseIfGone();
        lock.lock();
        try {
            refuseIfGone();
            receive(octets);
            return answer.get();
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

    private void refuseIfRefused() {
        reader.refusal().ifPresent(reply -> {
            throw new ContentRefusedException(reply);
        });
    }

    private void refuseIfFull() {
        if (isFull()) {
            reader.refuse(Replies.TOO_BIG_TO_KEEP);
            closeSpool();
        }
    }

    /** Receives this part of the body and keeps it, unless the message is refused, or larger than what may be kept. */
    void keepPart() throws IOException {
        lock.lock();
        try {
            receive(Long.MAX_VALUE);
        } finally {
            lock.unlock();
        }
    }

    /** Keeps the whole body; one that is larger than what may be kept is refused. */
    void keep() throws IOException {
        lock.lock();
        try {
            receive(Long.MAX_VALUE);
            refuseIfFull();
        } finally {
            lock.unlock();
        }
    }

    private void receive(long most) throws IOException {
        if (failure.isPresent()) {
            throw failure.get();
        }
        if (!header.isComplete()) {
            return;
        }
        boolean received = false;
        try {
            begin();
            while (keepUnread() && length() <= most && reader.next()) {
                unread = reader.block();
            }
            received = true;
        } catch (IOException clientGone) {
            failure = Optional.of(clientGone);
            throw clientGone;
        } finally {
            if (!received || reader.refusal().isPresent()) {
                closeSpool();
            }
        }
    }

    private void begin() {
        if (kept.isEmpty() && reader.refusal().isEmpty()) {
            kept = Optional.of(scope.spool());
            length = reader.isStuffed() ? Optional.of(new BodyLength(header.bodyBeginsLine())) : Optional.empty();
            append(Block.of(header.bodyBegin()));
        }
    }

    private long length() {
        return length.map(BodyLength::octets).orElseGet(() -> kept.orElseThrow().size());
    }

    /** Keeps the block that was read last; false where there is no room for it, or the message is refused. */
    private boolean keepUnread() {
        if (reader.refusal().isPresent()) {
            return false;
        }
        if (kept.orElseThrow().size() + unread.length() > scope.endpoint().spoolMax()) {
            return false;
        }
        append(unread);
        unread = Block.EMPTY;
        return reader.refusal().isEmpty();
    }

    private void append(Block block) {
        try {
            kept.orElseThrow().append(block.bytes(), block.from(), block.to());
            length.ifPresent(l -> l.add(block.bytes(), block.from(), block.to()));
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

    /** Whether more has arrived than may be kept. */
    boolean isFull() {
        return kept.isPresent() && unread.length() > 0;
    }

    /** Whether the whole body is kept. */
    boolean isWhole() {
        return kept.isPresent()
                && unread.length() == 0
                && reader.isComplete()
                && reader.refusal().isEmpty();
    }

    /** What is kept of the body, which is passed on now. One that is not whole cannot be opened any more. */
    Spool passOn() throws IOException {
        lock.lock();
        try {
            if (failure.isPresent()) {
                throw failure.get();
            }
            begin();
            passedOn = true;
            goneUnlessWhole();
            return kept.orElseThrow();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the filters have passed it on, so that its further parts are not kept. */
    boolean isPassedOn() {
        return passedOn;
    }

    private void goneUnlessWhole() {
        if (!isWhole()) {
            gone = Optional.of("it was passed on to the destination without having been opened before");
        }
    }

    /** What was read and is not kept. */
    Block unread() {
        return unread;
    }

    /** Receives what still comes of this part, and does not keep it. */
    void swallow(Reply reply) throws IOException {
        lock.lock();
        try {
            if (failure.isPresent()) {
                throw failure.get();
            }
            if (reader.isLastPart() || isFull()) {
                goneUnlessWhole();
            }
        } finally {
            lock.unlock();
        }
        reader.swallow(reply);
    }

    @Override
    public void close() {
        gone = Optional.of("the message is over");
        header.close();
        closeSpool();
    }

    /** Frees what is kept. */
    void closeSpool() {
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
