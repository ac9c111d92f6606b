package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message that the filters passed on, on its way to the destination: its header section, then the body, which is still
 * to be read from the client, or kept, or made by a filter.
 */
final class FilteredMessage {

    private static final Logger log = LoggerFactory.getLogger(FilteredMessage.class);

    private final MessageScope scope;
    private final MessageReader reader;
    private final JoiningWriter writer;
    private final Streaming streaming;
    private final IncomingMessage incoming;
    private final Message message;
    private final boolean replaced;
    private final boolean readdressed;

    FilteredMessage(
            MessageScope scope,
            MessageReader reader,
            MessageWriter writer,
            Streaming streaming,
            IncomingMessage incoming,
            Message message) {
        this.scope = scope;
        this.reader = reader;
        this.writer = new JoiningWriter(writer);
        this.streaming = streaming;
        this.incoming = incoming;
        this.message = message;
        this.replaced = message.content() != incoming;
        this.readdressed = message.target().isPresent()
                || !message.mail().equals(scope.transaction().mail())
                || !message.recipients().equals(scope.transaction().recipients());
    }

    /** Sends it; gives the destination's reply, or why it is not delivered. */
    Reply send() {
        message.limit().ifPresent(reader::limit);
        try {
            if (replaced || readdressed) {
                incoming.keep();
            }
            if (reader.refusal().isPresent()) {
                return reader.refusal().get();
            }
            Spool kept = incoming.passOn();
            return incoming.isWhole() ? sendWith(kept) : pass(kept);
        } catch (IOException clientGone) {
            return broken();
        }
    }

    /** What is kept of the body, then the rest as it arrives. */
    private Reply pass(Spool begin) throws IOException {
        Optional<Reply> refused = reader.refusal().or(() -> open(left(begin), reader.isLastPart()));
        if (refused.isPresent()) {
            return refused.get();
        }
        if (!write(begin)) {
            return broken();
        }
        writer.flush();
        incoming.closeSpool();
        // the time until here was not the client's
        reader.restart();
        return writer.refusal().isPresent() ? writer.refusal().get() : streaming.pass(incoming.unread());
    }

    /** The octets of the body that this part brings, if that is known before it has been read. */
    private OptionalLong left(Spool begin) {
        OptionalLong left = reader.leftUnchanged();
        return left.isPresent()
                ? OptionalLong.of(begin.size() + incoming.unread().length() + left.getAsLong())
                : left;
    }

    private Reply sendWith(Spool original) throws IOException {
        if (!replaced && reader.isStuffed() == writer.isStuffed()) {
            return send(original);
        }
        if (writer.isStuffed()) {
            return sendStuffed();
        }
        try (Spool copy = scope.spool()) {
            Optional<Reply> refused = guarded(() -> copy(copy, original.size())).orElse(Optional.of(Replies.FAILED));
            return refused.isPresent() ? refused.get() : send(copy);
        }
    }

    /** The body that a filter made may do anything while it is read. */
    private <T> Optional<T> guarded(Supplier<T> reading) {
        return new ForeignCode(scope.network()).ask(scope.transaction().id(), "its body", message.content(), reading);
    }

    /** Chunks have sizes, so the body that a filter made is read first. One without an end would fill the disk. */
    private Optional<Reply> copy(Spool to, long original) {
        long most = original + scope.endpoint().spoolMax();
        try (InputStream body = message.content().open()) {
            Copy.all(body, to::append, () -> to.size() <= most);
            return to.size() <= most ? Optional.empty() : Optional.of(Replies.TOO_BIG_TO_KEEP);
        } catch (Spool.BudgetExceededException e) {
            return Optional.of(Replies.NO_MEMORY);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A body that is kept, framed as it is to be sent. */
    private Reply send(Spool body) throws IOException {
        Optional<Reply> refused = open(OptionalLong.of(body.size()), true);
        if (refused.isPresent()) {
            return refused.get();
        }
        return write(body) ? commit(Block.END) : broken();
    }

    private boolean write(Spool body) {
        try (InputStream in = body.open()) {
            Copy.all(in, writer::write, () -> writer.refusal().isEmpty());
            return true;
        } catch (IOException e) {
            log.error("{}: cannot read the temporary file", scope.transaction().id(), e);
            return false;
        }
    }

    /** A body that is stuffed while it is read. */
    private Reply sendStuffed() {
        return open(OptionalLong.empty(), true)
                .orElseGet(
                        () -> guarded(this::writeAllButLast).map(this::commit).orElseGet(this::broken));
    }

    /** Writes what a filter made; gives the last block, since a stream that cannot be closed is broken. */
    private Block writeAllButLast() {
        boolean beginsLine =
                isReframed() && !passesBareNewlines() || incoming.header().bodyBeginsLine();
        try (InputStream in = message.content().open()) {
            MessageReader body = StreamReader.body(in, passesBareNewlines(), beginsLine);
            while (body.next() && !body.isComplete() && writer.refusal().isEmpty()) {
                writer.write(
                        body.block().bytes(), body.block().from(), body.block().to());
            }
            if (!body.isComplete() && writer.refusal().isEmpty()) {
                throw new IllegalStateException("body not read to its end");
            }
            return body.block();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Reply commit(Block last) {
        return writer.refusal().orElseGet(() -> writer.commit(last));
    }

    /** The destination has a part of the message, which only closing takes back. */
    private Reply broken() {
        scope.downstream().close();
        return Replies.FAILED;
    }

    /**
     * Opens the message at the destination, and writes what goes before the body.
     *
     * @param last whether the body ends with this part
     */
    private Optional<Reply> open(OptionalLong body, boolean last) {
        Optional<Reply> refused = begin();
        if (refused.isPresent()) {
            return refused;
        }
        byte[] received = scope.receivedField();
        byte[] section = section(received);
        body.ifPresent(size -> writer.expect(received.length + section.length + size, last));
        writer.hold(received);
        writer.write(section, 0, section.length);
        return Optional.empty();
    }

    private byte[] section(byte[] received) {
        byte[] section = incoming.header().section(message.headers(), received.length > 0, replaced);
        return isReframed() ? DotStuffing.stuffed(section, passesBareNewlines()) : section;
    }

    private boolean passesBareNewlines() {
        return scope.endpoint().bareNewlines() == BareNewlines.PASS;
    }

    /** Whether it came in chunks and is sent with DATA: then its header section is stuffed as its body is. */
    private boolean isReframed() {
        return writer.isStuffed() && !reader.isStuffed();
    }

    private Optional<Reply> begin() {
        if (readdressed) {
            return new EnvelopeReplay(scope).send(mail(), message.recipients(), writer::begin);
        }
        return writer.begin()
                .map(PendingAnswer::await)
                .filter(answer -> !answer.isIntermediate())
                .map(scope.replies()::reply);
    }

    /** MAIL; the client's SIZE (RFC 1870) is that of its own message. */
    private MailFrom mail() {
        MailFrom mail = message.mail();
        boolean same = !replaced && message.headers() == incoming.header().headers();
        boolean clients = mail.size().equals(scope.transaction().mail().size());
        return same || !clients ? mail : mail.withParameters(mail.parameters().without("SIZE"));
    }
}
