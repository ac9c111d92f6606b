package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.OwedReply.Expected;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.MalformedReplyException;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.IpLiteral;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.TlsPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conversation with one destination. Commands that may be pipelined are queued, and written together when the first
 * of their replies is looked at (RFC 2920); replies are matched by their order. When the destination is lost, every
 * reply that is still owed becomes the one that the client is to hear about it: nothing is thrown. Used by the session's
 * thread only.
 */
public final class Downstream implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Downstream.class);

    /** What fits into socket buffers with certainty, so that both sides never wait for room at once (RFC 2920 §3.1). */
    private static final int MAX_QUEUED_OCTETS = 8 * 1024;

    private static final int MAX_OWED_REPLIES = 64;
    private static final int MUCH = 64 * 1024;

    /** It may be said unasked (RFC 5321 §3.8). */
    private static final Predicate<Reply> GOING_DOWN = reply -> reply.code() == 421;

    private final Destination destination;
    private final Wire wire;
    private final Wire.Log name;
    private final Timeouts timeouts;
    private final Deque<OwedReply> owed = new ArrayDeque<>();
    private Extensions extensions = Extensions.none();
    private Extensions offeredInPlaintext = Extensions.none();
    private volatile boolean lost;
    private Optional<Reply> lastWord = Optional.empty();
    private int unsettled;
    private boolean encrypted;
    private boolean tlsFailed;
    private boolean welcomed;
    private boolean inMessage;
    private boolean committed;

    private Downstream(Destination destination, Wire wire, Wire.Log name, Timeouts timeouts) {
        this.destination = destination;
        this.wire = wire;
        this.name = name;
        this.timeouts = timeouts;
    }

    /**
     * Connects to the first address of the destination that can be reached. The greeting is still to be read.
     *
     * @param announcement who the client is; where there is none and a PROXY header is wanted, the proxy is
     */
    public static Downstream connect(
            Network network,
            Destination destination,
            Timeouts timeouts,
            Wire.Log name,
            Optional<Announcement> announcement)
            throws IOException {
        Optional<IOException> failure = Optional.empty();
        for (InetAddress address : addresses(destination.host(), network)) {
            try {
                Socket socket = network.connect(new InetSocketAddress(address, destination.port()), timeouts.connect());
                byte[] header = announcement
                        .map(a -> a.header(destination.announcement()))
                        .orElseGet(() -> Announcement.ownHeader(destination.announcement(), socket));
                return over(new Wire(socket, network.watch(socket), name), header, destination, timeouts, name);
            } catch (IOException e) {
                failure = Optional.of(e);
            }
        }
        throw failure.orElseGet(() -> new IOException("no address"));
    }

    private static InetAddress[] addresses(String host, Network network) throws UnknownHostException {
        Optional<InetAddress> literal = IpLiteral.parse(host);
        if (literal.isPresent()) {
            return new InetAddress[] {literal.get()};
        }
        network.mayHold();
        return InetAddress.getAllByName(host);
    }

    private static Downstream over(Wire wire, byte[] header, Destination destination, Timeouts timeouts, Wire.Log name)
            throws IOException {
        Downstream downstream = new Downstream(destination, wire, name, timeouts);
        try {
            wire.queueBytes(header);
            wire.flush(timeouts.dataBlock());
            if (destination.tls() == TlsPolicy.IMPLICIT) {
                downstream.encrypt();
            }
            return downstream;
        } catch (IOException e) {
            downstream.close();
            throw e;
        }
    }

    public Destination destination() {
        return destination;
    }

    /** What the destination offered in its last reply to EHLO. */
    public Extensions extensions() {
        return extensions;
    }

    /** Whether the conversation has gone on in TLS. */
    public boolean isEncrypted() {
        return encrypted;
    }

    /** What the destination offered before the conversation went on in TLS; none where it began in TLS. */
    public Extensions offeredInPlaintext() {
        return encrypted ? offeredInPlaintext : extensions;
    }

    /**
     * Goes on in TLS. What was offered in plaintext is forgotten (RFC 3207 §4.2); octets behind the permission to begin
     * could come from anybody, and are an error.
     */
    void encrypt() throws IOException {
        Duration limit = Collections.min(List.of(timeouts.tlsHandshake(), timeouts.greeting()));
        wire.secure(Trust.with(destination), true, limit);
        encrypted = true;
        offeredInPlaintext = extensions;
        extensions = Extensions.none();
    }

    /** Whether no message is under way: the destination waits for a command. */
    public boolean atRest() {
        return !inMessage;
    }

    /** Whether the last thing said was an end of data: its reply ended the transaction, whatever it was. */
    public boolean committed() {
        return committed;
    }

    /** Whether the conversation has broken off. */
    public boolean lost() {
        return lost;
    }

    /** Whether its replies since then are so many octets that the client should take them before it is asked more. */
    public boolean saidMuch() {
        return unsettled >= MUCH;
    }

    /** The client has its replies. */
    public void settled() {
        unsettled = 0;
    }

    public Reply greeting() {
        OwedReply greeting =
                new OwedReply(timeouts.greeting(), () -> "waiting for greeting", Failure.UNREACHABLE, Expected.DONE);
        greeting.asked();
        owed.add(greeting);
        Reply reply = await(greeting);
        return tlsFailed ? Failure.INSECURE.reply() : reply;
    }

    /** Whether EHLO or HELO has been taken: there are servers that take one only. */
    public boolean welcomed() {
        return welcomed;
    }

    /** EHLO or HELO. */
    public Reply hello(Hello hello) {
        Reply reply = ask(hello.wireLine());
        if (reply.isPositive()) {
            welcomed = true;
            extensions = hello.extended() ? Extensions.of(reply) : Extensions.none();
        }
        return reply;
    }

    /** Sends a command and waits for its reply. */
    public Reply ask(String line) {
        return await(queue(line, timeouts.command(), Expected.DONE));
    }

    /** Sends a command that may be part of a pipelined group. Its reply is waited for when it is looked at. */
    public Reply pipeline(String line) {
        OwedReply reply = queue(line, timeouts.command(), Expected.DONE);
        if (!extensions.has("PIPELINING") || owed.size() >= MAX_OWED_REPLIES || wire.queued() >= MAX_QUEUED_OCTETS) {
            return await(reply);
        }
        return Reply.when(() -> await(reply));
    }

    /** AUTH, or an answer to a challenge; whatever the reply is, it may be a challenge (RFC 4954 §4). */
    public Reply authenticate(String line) {
        return await(queue(line, timeouts.command(), Expected.CHALLENGE));
    }

    /** DATA, which ends a group. */
    public Reply data() {
        return data("DATA");
    }

    /** DATA as the client said it. */
    public Reply data(String line) {
        OwedReply reply = queue(line, timeouts.dataCommand(), Expected.GO_ON);
        return extensions.has("PIPELINING") ? Reply.when(() -> await(reply)) : await(reply);
    }

    /** Says this before the next block of the message, and with it if that is small. */
    public void queue(byte[] bytes) {
        if (!lost) {
            wire.queueBytes(bytes);
        }
    }

    /** Writes a block of the message. Once the destination is lost it does nothing. */
    public void write(byte[] bytes, int from, int to) {
        if (lost) {
            return;
        }
        try {
            requireSilence();
            wire.write(bytes, from, to, timeouts.dataBlock());
            asked();
        } catch (IOException e) {
            lose("sending the message", e);
        }
    }

    /**
     * Commits: writes the rest of the message with the final dot, and waits for the answer. Where the write fails its
     * last octet has not left, and nothing is committed.
     */
    public Reply commit(byte[] bytes, int from, int to) {
        write(bytes, from, to);
        if (lost) {
            return lastWord();
        }
        OwedReply reply =
                new OwedReply(timeouts.finalDot(), () -> "sending end of data", Failure.LOST, Expected.COMMIT);
        owed.add(reply);
        asked();
        return await(reply);
    }

    /**
     * BDAT (RFC 3030 §2); the octets of the chunk are to be written behind it.
     *
     * @param size what is said of it: a size without LAST, unless there is nobody whom the message would reach
     */
    public void beginChunk(String size) {
        if (!owed.isEmpty()) {
            await(owed.getLast());
        }
        queue("BDAT " + size, timeouts.finalDot(), Expected.DONE);
        inMessage = true;
    }

    /** The answer to a chunk that has been written whole. */
    public Reply endChunk() {
        return owed.isEmpty() ? lastWord() : await(owed.getLast());
    }

    /** Commits: BDAT with the last chunk, all of it in one write, and its answer. */
    public Reply commitChunk(byte[] bytes) {
        OwedReply reply = queue("BDAT " + bytes.length + " LAST", timeouts.finalDot(), Expected.COMMIT);
        queue(bytes);
        return await(reply);
    }

    /** What the destination said before it broke off in the middle of a message, or that it broke off. */
    public Reply lastWord() {
        return lastWord.orElse(Failure.LOST.reply());
    }

    /** QUIT, and its reply. */
    public Reply quit() {
        Reply reply = ask("QUIT");
        close();
        return reply;
    }

    /** QUIT as the client said it: one with something behind it may be refused, and then nothing ends. */
    public Reply quit(String line) {
        Reply reply = ask(line);
        if (!reply.isRefusal()) {
            close();
        }
        return reply;
    }

    /** Aborts: closes without QUIT, so that whatever was begun is not finished. */
    @Override
    public void close() {
        lost = true;
        wire.close();
    }

    private OwedReply queue(String line, Duration timeout, Expected expected) {
        OwedReply reply = new OwedReply(
                timeout, () -> "waiting for the reply to " + Redaction.verbOrPlaceholder(line), Failure.LOST, expected);
        if (lost) {
            reply.lost();
        } else {
            committed = false;
            wire.queueLine(line);
            owed.add(reply);
        }
        return reply;
    }

    /** Octets that are there before a command or a block has been written are no answer to it. */
    private void requireSilence() throws IOException {
        if (wire.hasInput()) {
            throw new MalformedReplyException("octets that nobody has asked for");
        }
    }

    /** A refusal that was said before is the answer to what would have come next; all else has none. */
    private void lose(String doing, IOException cause) {
        Optional<Reply> unasked = wire.pendingRefusal();
        lastWord = committed ? Optional.empty() : unasked;
        String why = lastWord.map(r -> "it says " + r).orElseGet(cause::toString);
        log.warn("{}: {} lost while {}: {}", name.session(), destination, doing, LogText.escape(why));
        tlsFailed = cause instanceof SSLException;
        close();
        OwedReply next = owed.peek();
        owed.forEach(OwedReply::lost);
        if (next != null && lastWord.isPresent()) {
            next.answer(lastWord.get());
        }
        owed.clear();
    }

    private Reply await(OwedReply reply) {
        while (reply.answer().isEmpty()) {
            OwedReply next = owed.element();
            try {
                if (!next.isAsked()) {
                    ask();
                }
                hearGroup();
            } catch (IOException e) {
                lose(owed.isEmpty() ? next.doing() : owed.element().doing(), e);
            } catch (RuntimeException | Error e) {
                // nobody knows which answer comes next
                close();
                throw e;
            }
        }
        return reply.answer().get();
    }

    /**
     * Reads the answers to all that was asked, up to one that ends the session. With one more than that, a refusal among
     * them may be that of another command, whose client would give it up for good.
     */
    private void hearGroup() throws IOException {
        List<OwedReply> group = new ArrayList<>(1);
        do {
            OwedReply next = owed.element();
            next.answer(hear(next));
            owed.remove();
            group.add(next);
        } while (goesOn(group));
        boolean refused = group.stream().anyMatch(o -> o.answer().get().isRefusal());
        boolean whole = owed.isEmpty() || !owed.element().isAsked();
        if (group.size() > 1 && whole && refused && wire.hasBufferedLine() && !wire.hasBufferedRefusal(GOING_DOWN)) {
            group.forEach(OwedReply::lost);
            throw new MalformedReplyException("more answers than commands");
        }
    }

    private boolean goesOn(List<OwedReply> heard) {
        boolean over = heard.get(heard.size() - 1).answer().filter(GOING_DOWN).isPresent();
        return !over && !saidMuch() && !owed.isEmpty() && owed.element().isAsked();
    }

    private Reply hear(OwedReply next) throws IOException {
        Reply answer = next.check(wire.readReply(next.timeout()));
        if (next.is(Expected.COMMIT)) {
            requireOneAnswer(answer);
        }
        inMessage = answer.isIntermediate() && next.is(Expected.GO_ON);
        answer.wireLines().forEach(line -> unsettled += line.length());
        return answer;
    }

    /** Writes what is queued. */
    private void ask() throws IOException {
        requireSilence();
        wire.flush(timeouts.dataBlock());
        asked();
    }

    private void asked() {
        owed.forEach(OwedReply::asked);
        committed |= !owed.isEmpty() && owed.getLast().commits();
    }

    /** Where an acceptance and a refusal come together nobody can say which of them is the answer. */
    private void requireOneAnswer(Reply answer) throws MalformedReplyException {
        if (answer.isPositive() && wire.hasBufferedRefusal(GOING_DOWN.negate())) {
            throw new MalformedReplyException("two answers: " + answer);
        }
    }
}
