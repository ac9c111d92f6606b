package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message that the filters passed on, on its way to the destination: its header section, then the body, which is still
 * to be read from the client, or kept, or made by a filter.
 */
final class FilteredMessage {

    private static final Logger log = LoggerFactory.getLogger(FilteredMessage.class);

    private static final int BLOCK = 8 * 1024;

    private final MessageScope scope;
    private final MessageReader reader;
    private final MessageWriter writer;
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
        this.writer = writer;
        this.streaming = streaming;
        this.incoming = incoming;
        this.message = message;
        this.replaced = message.content() != incoming;
        this.readdressed = !message.mail().equals(scope.transaction().mail())
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
            Optional<Spool> kept = incoming.keptOrGone();
            return kept.isPresent() ? send(kept.get()) : pass();
        } catch (IOException clientGone) {
            scope.downstream().close();
            return Replies.FAILED;
        }
    }

    /** The body as it arrives. */
    private Reply pass() throws IOException {
        Optional<Reply> refused = open(OptionalLong.empty());
        if (refused.isPresent()) {
            return refused.get();
        }
        byte[] begin = incoming.header().bodyBegin();
        writer.write(begin, 0, begin.length);
        return streaming.pass(incoming.unread());
    }

    private Reply send(Spool original) throws IOException {
        if (!replaced) {
            return send(original::open, OptionalLong.of(original.size()), this::write);
        }
        if (reader.isStuffed()) {
            return send(message.content(), OptionalLong.empty(), this::writeGuarded);
        }
        try (Spool copy = scope.spool()) {
            Optional<Reply> refused = guard().ask(
                            scope.transaction().id(), "its body", message.content(), () -> copy(copy, original.size()))
                    .orElse(Optional.of(Replies.FAILED));
            return refused.isPresent() ? refused.get() : send(copy::open, OptionalLong.of(copy.size()), this::write);
        }
    }

    private ForeignCode guard() {
        return new ForeignCode(scope.network());
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

    /** @param write writes the body; false if it cannot be read */
    private Reply send(Content body, OptionalLong size, Predicate<Content> write) {
        Optional<Reply> refused = open(size);
        if (refused.isPresent()) {
            return refused.get();
        }
        if (!write.test(body)) {
            // the destination has a part of it, which only closing takes back
            scope.downstream().close();
            return Replies.FAILED;
        }
        return writer.refusal().orElseGet(() -> writer.commit(Block.END));
    }

    /** A body that a filter makes while it is read may do anything. */
    private boolean writeGuarded(Content body) {
        return guard().ask(scope.transaction().id(), "its body", body, () -> write(body))
                .orElse(false);
    }

    /** Opens the message at the destination, and writes what goes before the body. */
    private Optional<Reply> open(OptionalLong body) {
        Optional<Reply> refused = begin();
        if (refused.isPresent()) {
            return refused;
        }
        byte[] received = scope.receivedField();
        byte[] section = incoming.header().section(message.headers(), received.length > 0, replaced);
        body.ifPresent(size -> writer.expect(received.length + section.length + size, true));
        writer.hold(received);
        writer.write(section, 0, section.length);
        return Optional.empty();
    }

    private Optional<Reply> begin() {
        if (readdressed) {
            return new EnvelopeReplay(scope).send(mail(), message.recipients(), writer::begin);
        }
        return writer.begin()
                .map(PendingAnswer::await)
                .filter(answer -> !answer.isIntermediate())
                .map(scope.replies());
    }

    /** MAIL; the client's SIZE (RFC 1870) is that of its own message. */
    private MailFrom mail() {
        MailFrom mail = message.mail();
        boolean same = !replaced && message.headers() == incoming.header().headers();
        boolean clients = mail.size().equals(scope.transaction().mail().size());
        return same || !clients ? mail : mail.withParameters(mail.parameters().without("SIZE"));
    }

    private boolean write(Content body) {
        try (InputStream in = body.open();
                OutputStream out = framing(new BufferedOutputStream(new Output(), BLOCK))) {
            Copy.all(in, out, () -> writer.refusal().isEmpty());
            if (out instanceof DotStuffing.Stuffer stuffer) {
                stuffer.finish();
            }
            return true;
        } catch (IOException e) {
            log.error(
                    "{}: the body cannot be read for the destination",
                    scope.transaction().id(),
                    e);
            return false;
        }
    }

    private OutputStream framing(OutputStream to) {
        boolean pass = scope.endpoint().bareNewlines() == BareNewlines.PASS;
        return replaced && reader.isStuffed()
                ? new DotStuffing.Stuffer(to, pass, incoming.header().bodyBeginsLine())
                : to;
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int octet) {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            writer.write(bytes, offset, offset + length);
        }
    }
}
