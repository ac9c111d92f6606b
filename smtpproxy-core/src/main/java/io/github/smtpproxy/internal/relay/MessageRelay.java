package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One message on its way from the client to the destination. Close is not commit: the final dot is written by
 * {@link Downstream#commit} alone, which is called only where the whole message has arrived and nobody refused it; in
 * every other case the destination's connection is closed in the middle of the message.
 */
final class MessageRelay {

    private static final Logger log = LoggerFactory.getLogger(MessageRelay.class);

    /** What is read comes in blocks of so much. */
    private static final int BLOCK = 8 * 1024;

    private static final byte[] NOTHING = {};
    private static final FailureReplies FAILURES = FailureReplies.SYNCHRONOUS;

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
        Streaming sink = new Streaming(TraceHeader.of(transaction, relay.endpoint()));
        try {
            data.transfer(sink);
        } catch (IOException clientGone) {
            downstream.close();
            throw clientGone;
        }
        return finish(sink);
    }

    /** Nothing of it is for anybody. */
    Reply swallow(Reply why) throws IOException {
        data.refuse(why);
        data.transfer(ClientData.NOWHERE);
        return why;
    }

    /** A filter wants to see it: the header section is read first, and DATA opened when the filters let it pass. */
    Reply filter(Filters filters) throws IOException {
        try (Incoming incoming = new Incoming(transaction.id(), relay, data)) {
            incoming.readHeader();
            Reply reply = data.refusal().isPresent() ? data.refusal().get() : filter(filters, incoming);
            if (reply.code() == 421) {
                data.refuse(reply);
            }
            incoming.swallow();
            return OwnReply.result(reply) == Result.FAILED ? data.refusal().orElse(reply) : reply;
        } catch (IOException clientGone) {
            downstream.close();
            throw clientGone;
        }
    }

    private Reply filter(Filters filters, Incoming incoming) {
        return filters.run(
                new Filters.Pass<>(
                        Filter::data, transaction.session(), Optional.of(transaction), Filters.Undo.NEVER, () -> {}),
                Message.of(incoming.headers(), incoming),
                message -> transmit(message, incoming));
    }

    private Reply transmit(Message message, Incoming incoming) {
        message.limit().ifPresent(data::limit);
        try {
            boolean replaced = message.content() != incoming;
            if (replaced) {
                incoming.keep();
            }
            if (data.refusal().isPresent()) {
                return data.refusal().get();
            }
            Reply goOn = FAILURES.reply(downstream.data("DATA"));
            return goOn.isIntermediate() ? send(message, incoming, replaced) : goOn;
        } catch (IOException clientGone) {
            downstream.close();
            return Replies.FAILED;
        }
    }

    private Reply send(Message message, Incoming incoming, boolean replaced) throws IOException {
        byte[] trace = TraceHeader.of(transaction, relay.endpoint());
        byte[] section = incoming.header().section(message.headers(), trace.length > 0, replaced);
        downstream.queue(trace);
        downstream.write(section, 0, section.length);
        if (replaced) {
            boolean pass = relay.endpoint().bareNewlines() == BareNewlines.PASS;
            boolean lineStart = incoming.header().bodyBeginsLine();
            return send(message.content(), out -> new DotStuffing.Stuffer(out, pass, lineStart));
        }
        Optional<Spool> kept = incoming.keptOrGone();
        if (kept.isPresent()) {
            return send(kept.get()::open, out -> out);
        }
        Streaming sink = new Streaming(NOTHING);
        incoming.transfer(sink);
        if (sink.answer.isEmpty()) {
            downstream.close();
        }
        return finish(sink);
    }

    /** A body that is here, or that a filter makes: foreign code, which may do anything. */
    private Reply send(Content content, UnaryOperator<OutputStream> over) {
        try (InputStream body = content.open();
                OutputStream out = over.apply(new BufferedOutputStream(new DownstreamOutput(), BLOCK))) {
            Copy.all(body, out, () -> !downstream.isLost());
            if (out instanceof DotStuffing.Stuffer stuffer) {
                stuffer.finish();
            }
        } catch (Throwable e) {
            // half of it is with the destination: only closing takes it back
            downstream.close();
            log.error("{}: the body cannot be read for the destination", transaction.id(), e);
            return Replies.FAILED;
        }
        return downstream.isLost()
                ? lastReply()
                : FAILURES.reply(downstream.commit(ClientData.END, 0, ClientData.END.length));
    }

    private Reply lastReply() {
        return FAILURES.reply(downstream.lastAnswer());
    }

    private Reply finish(Streaming sink) {
        return sink.answer.or(data::refusal).orElseGet(this::lastReply);
    }

    /** Passes content on to the destination as it comes, behind a field of ours, and commits with its last octets. */
    private final class Streaming implements ClientData.Sink {
        private final FirstLines first;
        private Optional<Reply> answer = Optional.empty();

        Streaming(byte[] ours) {
            first = new FirstLines(ours, true);
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            int rest = behindOurs(bytes, from, to);
            if (rest < to) {
                downstream.write(bytes, rest, to);
            }
            if (downstream.isLost()) {
                data.refuse(lastReply());
            }
        }

        @Override
        public void last(byte[] bytes, int from, int to) {
            int rest = behindOurs(bytes, from, to - ClientData.END.length);
            answer = Optional.of(FAILURES.reply(downstream.commit(bytes, rest, to)));
        }

        private int behindOurs(byte[] bytes, int from, int to) {
            if (first.over()) {
                return from;
            }
            int rest = first.look(bytes, from, to);
            downstream.queue(first.take());
            return rest;
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
}
