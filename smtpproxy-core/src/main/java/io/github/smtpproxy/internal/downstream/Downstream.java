package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.PendingAnswer.Expected;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Passage;
import io.github.smtpproxy.internal.wire.TlsLayer;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a destination, as an SMTP client uses it.
 *
 * <p><b>Answers.</b> Nothing that the destination does, and no failure of the network, is thrown: each command ends with
 * an {@link Answer}, which is the destination's reply or a {@link Failure}. The callers choose the client's reply in place
 * of a failure. Once a connection is lost it stays so: every later command has {@link Failure#LOST} for its answer, and
 * writes of content do nothing.
 *
 * <p><b>Order</b> (RFC 2920). Commands that may be pipelined are queued, and written together when the first of their
 * replies is waited for; DATA ends a group. Replies belong to commands by their order alone. So these hold:
 *
 * <ul>
 *   <li>Octets that are there before a command or a block of content has been written are not its reply. A refusal among
 *       them (RFC 5321 §3.8 allows 421 at any time, and servers send 552 or 554 in mid-message and close) becomes the
 *       next pending answer; anything else loses the connection.
 *   <li>A reply that cannot answer its command loses the connection: 354 answers DATA only, and nothing but 354 or a
 *       refusal answers DATA (RFC 5321 §4.3.2); a challenge answers AUTH only (RFC 4954 §4).
 *   <li>If a group has more replies than commands and a refusal is among them, or an end of data is both accepted and
 *       refused, the replies are not used.
 * </ul>
 *
 * <p><b>Close is not commit.</b> The end of data is written by {@link #commit} and {@link #commitChunk} only, in one
 * write with the rest of the message. Before that, closing the connection leaves the destination with nothing; there is
 * no other way to abort a message, RSET would be content. Where that write fails, the last octet has not left, and the
 * answer is {@link Failure#LOST}. Where it succeeds and no reply comes, it is {@link Failure#LOST_AFTER_COMMIT}; the
 * message is not sent again (RFC 5321 §4.2.5).
 *
 * <p><b>Reuse.</b> {@link #reset} alone decides whether a connection may serve another transaction.
 *
 * <p><b>TLS.</b> What the destination offered in plaintext is forgotten when TLS begins (RFC 3207 §4.2); octets behind
 * its 220 to STARTTLS could come from anybody, and are an error.
 *
 * <p><b>Threads.</b> Used by the session's thread, which waits in it; {@link #close} and {@link #isLost} by any.
 */
public final class Downstream implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Downstream.class);

    private static final Duration FAREWELL = Duration.ofSeconds(2);
    private static final Duration PROBE = Duration.ofSeconds(5);

    private final Destination destination;
    private final Wire wire;
    private final Timeouts timeouts;
    private final Pipeline pipeline;
    private Extensions extensions = Extensions.none();
    private Extensions offeredInPlaintext = Extensions.none();
    private boolean encrypted;
    private boolean introduced;
    private List<X509Certificate> certificates = List.of();

    /** @param state counts the connection */
    Downstream(Destination destination, Wire wire, Timeouts timeouts, String session, DestinationState state) {
        this.destination = destination;
        this.wire = wire;
        this.timeouts = timeouts;
        this.pipeline = new Pipeline(wire, timeouts.dataBlock(), session + ": " + destination, state);
    }

    public Destination destination() {
        return destination;
    }

    /** What the destination offered in its last reply to EHLO. */
    public Extensions extensions() {
        return extensions;
    }

    /** What the destination offered before TLS began by STARTTLS; without TLS, what it offers. */
    public Extensions offeredInPlaintext() {
        return encrypted ? offeredInPlaintext : extensions;
    }

    public boolean isEncrypted() {
        return encrypted;
    }

    /** Whether EHLO or HELO has been accepted: there are servers that accept one only. */
    public boolean isIntroduced() {
        return introduced;
    }

    /** Whether the connection is closed, or has failed. Any thread. */
    public boolean isLost() {
        return pipeline.isLost();
    }

    /** Whether content is being sent: the destination does not expect a command. */
    public boolean isInMessage() {
        return pipeline.isInMessage();
    }

    /** Whether what it was asked for last failed since it was closed from here. */
    boolean isEndedHere() {
        return pipeline.isEndedHere();
    }

    /** How many MAIL commands were sent. */
    int mails() {
        return pipeline.mails();
    }

    /** Whether the destination has accepted a MAIL, or may do so, and the transaction has not ended. */
    public boolean hasTransaction() {
        return !isLost() && pipeline.hasTransaction();
    }

    /** Whether its replies since {@link #repliesDelivered} are so many octets that the client must take them first. */
    public boolean hasManyReplies() {
        return pipeline.hasManyReplies();
    }

    /** The client has all replies so far. */
    public void repliesDelivered() {
        pipeline.delivered();
    }

    /** Begins TLS. */
    void encrypt() throws IOException {
        encrypt(Trust.with(destination));
    }

    private void encrypt(TlsLayer layer) throws IOException {
        Duration limit = Collections.min(List.of(timeouts.tlsHandshake(), timeouts.greeting()));
        certificates = Trust.shown(wire.secure(layer, true, limit));
        encrypted = true;
        introduced = false;
        offeredInPlaintext = extensions;
        extensions = Extensions.none();
    }

    /**
     * Begins TLS behind the client's STARTTLS, which was accepted.
     *
     * @param serverName whom the client asks for
     * @return whether it succeeded; else the connection is closed
     */
    public boolean encryptFor(Optional<byte[]> serverName) {
        try {
            // with a client's name the JDK would verify that in place of the destination's
            Optional<byte[]> asked = serverName.filter(name -> !destination.verifies());
            encrypt(asked.map(name -> Trust.asking(destination, name)).orElseGet(() -> Trust.with(destination)));
            return true;
        } catch (IOException e) {
            log.warn("{}: no TLS: {}", destination, LogText.escape(e.toString()));
            close();
            return false;
        }
    }

    /** What the destination showed in TLS, its own certificate first; none without TLS. */
    public List<X509Certificate> certificates() {
        return certificates;
    }

    /** Both ways from here to a client, for octets that nobody reads; no command may follow. */
    public Passage passage(Wire client, Passage.Gate gate, Duration idle, Duration whole) {
        return new Passage(client, wire, gate, idle, whole);
    }

    /** What the destination sends first (RFC 5321 §3.1). */
    public Answer greeting() {
        return pipeline.expect(Expected.GREETING, timeouts.greeting(), () -> "waiting for greeting")
                .await();
    }

    /** EHLO or HELO. */
    public Answer hello(Hello hello) {
        Answer answer = ask(hello.wireLine());
        if (answer.isPositive()) {
            introduced = true;
            extensions = answer.reply()
                    .filter(r -> hello.extended())
                    .map(Extensions::of)
                    .orElse(Extensions.none());
        }
        return answer;
    }

    /** Sends a command and waits for its answer. */
    public Answer ask(String line) {
        return pipeline.send(line, timeouts.command(), Expected.to(line)).await();
    }

    /** Sends a command that may be part of a pipelined group. Without PIPELINING its answer is waited for. */
    public PendingAnswer pipeline(String line) {
        PendingAnswer answer = pipeline.send(line, timeouts.command(), Expected.to(line));
        if (!extensions.has("PIPELINING") || pipeline.isFull()) {
            answer.await();
        }
        return answer;
    }

    /** AUTH, or the response to a challenge: the reply may be a challenge. */
    public Answer authenticate(String line) {
        return pipeline.send(line, timeouts.command(), Expected.AUTH).await();
    }

    /** DATA, as the client wrote it; it ends a pipelined group. Without PIPELINING its answer is waited for. */
    public PendingAnswer data(String line) {
        PendingAnswer answer = pipeline.send(line, timeouts.dataCommand(), Expected.DATA);
        if (!extensions.has("PIPELINING")) {
            answer.await();
        }
        return answer;
    }

    /** Queues content, to be written before the next block and with it if that is small. */
    public void queue(byte[] bytes) {
        pipeline.queue(bytes);
    }

    /** Writes a block of content. */
    public void write(byte[] bytes, int from, int to) {
        pipeline.write(bytes, from, to);
    }

    /** Commits: writes the rest of the content, which ends with the end of data, and waits for the answer. */
    public Answer commit(byte[] bytes, int from, int to) {
        pipeline.write(bytes, from, to);
        if (pipeline.isLost()) {
            return lastAnswer();
        }
        return pipeline.expect(Expected.COMMIT, timeouts.finalDot(), () -> "sending end of data")
                .await();
    }

    /**
     * BDAT (RFC 3030 §2), once all answers before it are known. The octets of the chunk are to be written next.
     *
     * @param size the argument: a size without LAST, unless the destination has accepted no recipient
     */
    public void beginChunk(String size) {
        pipeline.last().ifPresent(PendingAnswer::await);
        pipeline.send("BDAT " + size, timeouts.finalDot(), Expected.COMMAND);
        pipeline.beginContent();
    }

    /** The answer to a chunk that has been written whole. */
    public Answer endChunk() {
        return pipeline.last().map(PendingAnswer::await).orElseGet(this::lastAnswer);
    }

    /** Commits: BDAT with the last chunk, all of it in one write, and its answer. */
    public Answer commitChunk(byte[] bytes) {
        PendingAnswer answer = pipeline.send("BDAT " + bytes.length + " LAST", timeouts.finalDot(), Expected.COMMIT);
        pipeline.queue(bytes);
        return answer.await();
    }

    /** Why content cannot be sent any more: the refusal that the destination sent before it closed, or that it is lost. */
    public Answer lastAnswer() {
        return pipeline.lastAnswer();
    }

    /**
     * Makes the connection fit for another transaction, by RSET; where that is not certain it is closed. This is the only
     * place that decides so: the reply to RSET is 2xx, no answer is pending, and nothing more was received.
     *
     * @return whether the connection may be used again
     */
    public boolean reset() {
        return reset(timeouts.command());
    }

    private boolean reset(Duration limit) {
        if (!isInMessage()) {
            // behind a DATA that is accepted, RSET would be content
            pipeline.last().ifPresent(PendingAnswer::await);
        }
        boolean fit = !isLost()
                && !isInMessage()
                && pipeline.send("RSET", limit, Expected.to("RSET")).await().isPositive()
                && pipeline.isQuiet();
        if (fit) {
            pipeline.wasReset();
        } else {
            close();
        }
        return fit;
    }

    /** Another session uses it from now on: it has the log and the transcript. */
    void lendTo(Wire.Log session) {
        pipeline.rename(session.session() + ": " + destination);
        wire.lendTo(session);
    }

    /** Whether one that nobody used for a while is alive: RSET, to which the reply comes soon. */
    boolean probe() {
        pipeline.probing(true);
        try {
            return reset(Collections.min(List.of(timeouts.command(), PROBE)));
        } finally {
            pipeline.probing(false);
        }
    }

    /** Whether the destination has sent nothing that was not asked for, and no reply is pending. Never waits. */
    public boolean isQuiet() {
        return pipeline.isQuiet() && !isInMessage();
    }

    /** QUIT, and waits a moment until the destination has closed: it counts one less then. No error leaves it open. */
    public void leave() {
        pipeline.probing(true);
        try {
            if (pipeline.send("QUIT", FAREWELL, Expected.COMMAND).await().isPositive()) {
                wire.closeGently(FAREWELL);
            }
        } finally {
            close();
        }
    }

    /** QUIT as the client wrote it: one with an argument may be refused, and then the connection stays. */
    public Answer quit(String line) {
        Answer answer = ask(line);
        if (!answer.isRefusal()) {
            close();
        }
        return answer;
    }

    /** Aborts: no QUIT, so that what was begun is not finished. */
    @Override
    public void close() {
        pipeline.close();
    }
}
