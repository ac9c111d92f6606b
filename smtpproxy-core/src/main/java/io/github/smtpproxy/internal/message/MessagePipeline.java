package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.util.Optional;

/**
 * One message on its way from the client to the destination. It is pulled: the writer to the destination waits for the
 * reader from the client, block by block, so that neither side is faster than the other and nothing is stored.
 *
 * <p><b>Framing.</b> DATA (RFC 5321 §4.1.1.4) and BDAT (RFC 3030) differ in their {@link MessageReader} and
 * {@link MessageWriter} only. A reader yields the blocks of a <i>part</i>: the whole message with DATA, a chunk with BDAT.
 * {@link #relay} is called for each part, and returns the reply to it. Blocks of DATA stay dot-stuffed (RFC 5321 §4.5.2)
 * from end to end; a body is unstuffed only where a filter opens it.
 *
 * <p><b>Two ways.</b> Without a content filter the blocks stream through, in the client's own buffer. With one, the header
 * section is read first, and the filters run when the last part begins: the one part of DATA, or the last chunk. What is
 * still to come then is kept only if a filter opens, keeps or replaces the body. Chunks before the last are kept, since each
 * has to be replied to before the next comes; where they are more than may be kept, the filters run then, and what they pass
 * on streams from there, chunk by chunk. See {@link IncomingMessage}. What the filters pass on is sent by
 * {@link FilteredMessage}.
 *
 * <p>These hold:
 *
 * <ul>
 *   <li><b>Close is not commit.</b> {@link MessageWriter#commit} is called with the last block of a message that has arrived
 *       whole and that nobody refused, and nowhere else is an end of data or {@code LAST} written. A client that leaves,
 *       a deadline, a filter that fails: in each case the destination has a part of a message at most, and the connection
 *       is closed in the middle of it.
 *   <li><b>Every part is received to its end</b>, whatever becomes of the message, since its rest would be read as commands.
 *       Behind a 421, which ends the session, some of it is received, for some seconds: a reset would destroy the reply.
 *       Where the end was not reached, {@link MessageResult#received} is false and the session must end.
 *   <li><b>The first refusal counts</b>, whoever refuses: limit, bare line end, throttle, filter, destination. From then on no
 *       octet goes to the destination.
 *   <li><b>Nothing is left behind.</b> After a refusal the destination has forgotten the message: {@link Downstream#reset}
 *       sends RSET or closes. Where the destination itself refused a chunk that is not the last, RSET is for the client to
 *       send (RFC 3030 §2).
 *   <li><b>A chunk is announced with the size that will be sent.</b> It changes where the Received field comes first or line
 *       ends become CRLF. At most 32 KiB go with {@code LAST}, all in memory.
 *   <li><b>Memory is bounded.</b> What is kept counts against the limits of the endpoint and against the budget of all
 *       sessions; a body is kept in memory up to a bound, then in a temporary file without a name.
 * </ul>
 *
 * <p><b>Errors.</b> Filters, and bodies that filters supply, are called through the guard of {@code internal.host}: whatever
 * they throw becomes 451. Failures of the destination are values. Only a client that is gone is thrown, as an
 * {@link IOException}; one that is too slow gets 421.
 *
 * <p><b>Threads.</b> All of it is confined to the session's thread, but for {@link IncomingMessage#open}, which a filter may
 * call on any thread: its lock lets one thread at a time read from the client.
 */
public final class MessagePipeline implements AutoCloseable {

    private final MessageScope scope;
    private final Downstream downstream;
    private final MessageReader reader;
    private final MessageWriter writer;
    private final Streaming streaming;
    private final Optional<IncomingMessage> incoming;

    MessagePipeline(MessageScope scope, MessageReader reader, MessageWriter writer) {
        this.scope = scope;
        this.downstream = scope.downstream();
        this.reader = reader;
        MessageWriter guarded =
                scope.rules().guarding(writer, scope.transaction().mail());
        this.writer = new PacedWriter(guarded, scope, reader);
        boolean filtered = scope.filters().readContent();
        this.incoming = filtered ? Optional.of(new IncomingMessage(scope, reader)) : Optional.empty();
        this.streaming = new Streaming(reader, this.writer, filtered ? new byte[0] : scope.receivedField());
    }

    /** The message of DATA. Without content filters the destination has replied 354 already. */
    public static MessagePipeline data(MessageScope scope) {
        return new MessagePipeline(scope, new DataReader(scope), new DataWriter(scope));
    }

    /** The message of a stream that is not dot-stuffed, sent with DATA. */
    public static MessagePipeline stream(MessageScope scope, InputStream in) {
        StreamReader reader = new StreamReader(
                in, scope.progress(), scope.control(), scope.endpoint().bareNewlines());
        return new MessagePipeline(scope, reader, new DataWriter(scope));
    }

    /** Refuses the message before it comes; it is received all the same. */
    public void refuse(Reply reply) {
        reader.refuse(reply);
    }

    /**
     * Relays the message, or the part of it that the client sends now. After a refusal nothing of it is left with the
     * destination.
     *
     * @throws IOException if the client is gone
     */
    public MessageResult relay() throws IOException {
        try {
            Reply reply = incoming.isPresent() ? filter(incoming.get()) : stream();
            if (scope.control().isHungUp()) {
                throw new SocketException("a fault hung up");
            }
            clean(reply);
            return new MessageResult(reply, reader.octets(), reader.isPartRead());
        } catch (DeadlineExceededException e) {
            scope.lease().close();
            return new MessageResult(reader.late(), reader.octets(), false);
        } catch (IOException clientGone) {
            scope.lease().close();
            throw clientGone;
        } finally {
            scope.client().shrink();
        }
    }

    /** Octets of the message that have arrived. */
    public long octets() {
        return reader.octets();
    }

    private Reply stream() throws IOException {
        Reply reply = streaming.pass(Block.EMPTY);
        reader.swallow(reply);
        return reply;
    }

    private Reply filter(IncomingMessage message) throws IOException {
        if (message.isPassedOn()) {
            return stream();
        }
        long before = reader.octets();
        message.readHeader();
        if (!reader.isLastPart()) {
            // a chunk is replied to when all of it has been received
            message.keepPart();
        }
        boolean decided = reader.isLastPart() || message.isFull();
        Reply reply = reader.refusal().orElseGet(() -> decided ? filtered(message) : received(before));
        message.swallow(reply);
        return OwnReply.result(reply) == Result.FAILED ? reader.refusal().orElse(reply) : reply;
    }

    private Reply received(long before) {
        return Reply.of(250, "2.0.0 " + (reader.octets() - before) + " octets received");
    }

    private Reply filtered(IncomingMessage message) {
        Filters.Pass<Message> pass = new Filters.Pass<>(
                Filters::data,
                scope.transaction().session(),
                Optional.of(scope.transaction()),
                reader.isLastPart() ? Filters.Undo.NEVER : Filters.Undo.BY_GIVING_UP,
                () -> {});
        return scope.filters()
                .run(
                        pass,
                        Message.of(message.header().headers(), message)
                                .withMail(scope.transaction().mail())
                                .withRecipients(scope.transaction().recipients()),
                        passedOn -> send(message, passedOn));
    }

    private Reply send(IncomingMessage message, Message passedOn) {
        return passedOn.target().isPresent()
                ? new RoutedMessage(scope, reader, streaming, message, passedOn).send()
                : new FilteredMessage(scope, reader, writer, streaming, message, passedOn).send();
    }

    /**
     * Whatever its reply, an end of data ends DATA's transaction. A refused chunk leaves the destination with one (RFC 3030
     * §2): where the destination refused one that is not the last, RSET is for the client to send.
     */
    private void clean(Reply reply) {
        if (scope.lease().isOver()) {
            return;
        }
        boolean clients = !reader.isLastPart() && !(reply instanceof OwnReply);
        if (reader.isStuffed()) {
            scope.lease().release();
        } else if (reply.isRefusal() && (downstream.isInMessage() || !clients && reply.code() != 421)) {
            downstream.reset();
        }
    }

    /** Frees what is held of the message. */
    @Override
    public void close() {
        incoming.ifPresent(IncomingMessage::close);
        writer.close();
    }
}
