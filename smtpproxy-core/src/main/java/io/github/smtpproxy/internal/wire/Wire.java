package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.protocol.Reply;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLSession;

/**
 * One connection of a session, to the client or to the destination, as lines and blocks of octets.
 *
 * <p><b>Reading.</b> All input passes through one {@link ReadBuffer}, so nothing that was pipelined is lost when the
 * session changes from lines to content and back (RFC 2920 §3.1, RFC 3030 §2). {@link CommandReader} reads command lines
 * (RFC 5321 §2.3.8 and §4.5.3.1.4), {@link ReplyReader} replies (§4.2), and {@link #readBlock} content, which stays in the
 * buffer between {@link #position} and {@link #limit} until {@link #consume}.
 *
 * <p><b>Writing.</b> Lines, replies and small blocks are queued and leave in one write with {@link #flush}: a group of
 * pipelined commands stays one group, and its replies become one packet. Only {@link #flush}, {@link #write} and
 * {@link #closeGently} write to the socket.
 *
 * <p><b>Invariants.</b>
 *
 * <ul>
 *   <li>No line contains CR, LF or NUL but its own CRLF: {@link #queueLine} refuses it, whoever forgot to check.
 *   <li>A bare CR or LF never starts another command; what follows is discarded up to CRLF.
 *   <li>Plaintext that was received before TLS never becomes a command or a reply (RFC 3207 §4.2 and §6).
 *   <li>Every wait has a deadline. It applies to the whole line, reply or block, so a peer that sends an octet now and then
 *       gains nothing, and ends in {@link DeadlineExceededException}.
 *   <li>Memory is bounded: a line by its limit, a reply by {@link ReplyReader}, large blocks by the {@link Budget}. What
 *       callers queue they bound by {@link #queued}.
 *   <li>Every line is in the transcript once, with secrets redacted.
 * </ul>
 *
 * <p><b>Threads.</b> Used by the session's thread only, except for {@link #expire} and {@link #close}, which any thread may
 * call. There is no lock: the {@link Deadline} ends a wait by making the socket's read or write fail.
 *
 * <p><b>Errors.</b> An {@link IOException} means that the connection is of no further use. {@link EOFException} is the end
 * of the input.
 */
public final class Wire implements Closeable {

    /** The size of a block of content, in octets. */
    public static final int BLOCK = ReadBuffer.BLOCK;

    /** The transcript of a proxy that has none. */
    public static final Transcript NO_TRANSCRIPT = WireTranscript.NONE;

    /** A block of at most this size is copied, to leave in one write with what is queued. */
    private static final int SMALL_BLOCK = 4 * 1024;

    final WireSocket socket;
    final Deadline deadline;
    private WireTranscript transcript;
    final ReadBuffer buffer;
    private final CommandReader commands;
    private final ReplyReader replies;
    private final PendingReplies pending;
    private final WriteQueue queue = new WriteQueue();

    /**
     * Where the lines of a wire are written.
     *
     * @param transcript gets the lines
     * @param session the id of the session
     * @param lane which of its two connections this is
     */
    public record Log(Transcript transcript, String session, Transcript.Lane lane) {}

    /** A wire without a limit on the memory of all sessions. */
    public Wire(Socket socket, Deadline deadline, Log log) throws IOException {
        this(socket, deadline, log, Budget.unlimited());
    }

    /**
     * A wire over a connected socket.
     *
     * @param deadline the one of this socket; the wire closes it
     * @param budget the memory of all sessions, from which blocks of content are taken
     */
    public Wire(Socket socket, Deadline deadline, Log log, Budget budget) throws IOException {
        this.socket = new WireSocket(socket);
        this.deadline = deadline;
        this.transcript = new WireTranscript(log.transcript(), log.session(), log.lane());
        this.buffer = new ReadBuffer(budget.share());
        this.commands = new CommandReader(buffer, transcript);
        this.replies = new ReplyReader(buffer, line -> transcript.received(line));
        this.pending = new PendingReplies(this.socket, buffer, replies);
    }

    /** Another session uses the connection from now on: its transcript gets the lines. */
    public void lendTo(Log log) {
        transcript = new WireTranscript(log.transcript(), log.session(), log.lane());
    }

    /** Lets a LF without CR end a command line, too, although RFC 5321 §2.3.8 forbids it. */
    public void acceptBareLineFeeds() {
        commands.acceptBareLineFeeds();
    }

    /**
     * Starts TLS and completes the handshake.
     *
     * @param keepInput whether octets that were received and not consumed belong to the handshake; otherwise they are
     *     discarded (RFC 3207 §4.2)
     */
    public SSLSession secure(TlsLayer tls, boolean keepInput, Duration timeout) throws IOException {
        byte[] input = buffer.takeAll();
        return within(timeout, () -> socket.startTls(tls, keepInput ? input : new byte[0]));
    }

    /** Reads a PROXY protocol header and no octet after it. To be called before anything else is read. */
    public ProxyHeader readProxyHeader(Duration timeout) throws IOException {
        return within(timeout, () -> ProxyHeader.read(socket.in()));
    }

    /**
     * Waits until the peer has sent an octet, and leaves it in the buffer.
     *
     * @throws EmptyConnectionException if the peer closes the connection instead
     */
    public void awaitFirstOctet(Duration timeout) throws IOException {
        within(timeout, () -> {
            try {
                buffer.fillLine(socket.in());
            } catch (EOFException | SocketException closed) {
                throw new EmptyConnectionException();
            }
            return this;
        });
    }

    /**
     * Waits for the first message of a TLS client, and leaves it in the buffer.
     *
     * @return the server name that it asks for, octet for octet; empty where it asks for none, or speaks no TLS
     */
    public Optional<byte[]> awaitServerName(Duration timeout) throws IOException {
        return within(timeout, () -> {
            while (!buffer.clientHello().isWhole()) {
                buffer.fillLine(socket.in());
            }
            return buffer.clientHello().serverName();
        });
    }

    /** Whether octets that were received have not been consumed. */
    public boolean hasBuffered() {
        return buffer.size() > 0;
    }

    /** Whether they include the end of a line. */
    public boolean hasBufferedLine() {
        return buffer.hasLine();
    }

    /** Whether the peer has sent octets that have not been consumed. Looks at the socket too; never waits. */
    public boolean hasInput() throws IOException {
        return buffer.size() > 0 || socket.readAvailable(buffer);
    }

    /**
     * Reads the next command line.
     *
     * @param timeout for the whole line
     * @param lineTime for the line from its first octet on
     * @param max octets of a line with its end
     * @param authMax the same for an AUTH command (RFC 4954 §4)
     */
    public CommandLine readCommand(Duration timeout, Duration lineTime, int max, int authMax) throws IOException {
        if (lineTime.compareTo(timeout) < 0 && !hasBuffered()) {
            within(timeout, () -> {
                buffer.fillLine(socket.in());
                return this;
            });
        }
        return within(lineTime, () -> commands.next(socket.in(), max, authMax));
    }

    /**
     * Reads the next reply.
     *
     * @param timeout for all of its lines
     * @throws MalformedReplyException if a line has no reply code, or the reply does not end
     */
    public Reply readReply(Duration timeout) throws IOException {
        return within(timeout, () -> replies.next(() -> buffer.fillLine(socket.in())));
    }

    /** Consumes the replies that have arrived, up to the first refusal, and returns that; never waits. */
    public Optional<Reply> pendingRefusal() {
        return pending.refusal();
    }

    /** Whether the buffer holds a refusal that matches; consumes nothing and never waits. */
    public boolean hasBufferedRefusal(Predicate<Reply> matches) {
        return pending.hasBufferedRefusal(matches);
    }

    /** Waits for more content. {@link #buffer} then has it from {@link #position} to {@link #limit}. */
    public void readBlock(Duration timeout) throws IOException {
        within(timeout, () -> {
            buffer.fillBlock(socket.in());
            return this;
        });
    }

    /** The array that holds the input. Each read may replace it and move what it holds. */
    public byte[] buffer() {
        return buffer.octets();
    }

    /** The index in {@link #buffer} of the first octet that was not consumed. */
    public int position() {
        return buffer.position();
    }

    /** The index in {@link #buffer} after the last octet that was received. */
    public int limit() {
        return buffer.limit();
    }

    /** Consumes the octets before this index. */
    public void consume(int newPosition) {
        buffer.consume(newPosition);
    }

    /** Makes the buffer small again after content. */
    public void shrink() {
        buffer.shrink();
    }

    /** Gives the buffer's memory back. Nothing is read from this wire afterwards. */
    public void releaseBuffer() {
        buffer.release();
    }

    /**
     * Queues a line.
     *
     * @param line without its line end, one char for each octet
     * @throws IllegalArgumentException if it contains CR, LF, NUL or a char beyond an octet
     */
    public void queueLine(String line) {
        queue.addLine(line);
        transcript.sent(line);
    }

    /** Queues the lines of a reply. */
    public void queueReply(Reply reply) {
        for (String line : reply.wireLines()) {
            queueLine(line);
        }
    }

    /** Queues octets, which the transcript does not get. */
    public void queueBytes(byte[] bytes) {
        queue.add(bytes, 0, bytes.length);
    }

    /** Writes into the transcript what is sent by {@link #queueBytes}: whole lines or a part of the last. */
    public void transcribe(String sent) {
        sent.lines().forEach(transcript::sent);
    }

    /** How many octets are queued. */
    public int queued() {
        return queue.size();
    }

    /** Writes what is queued. */
    public void flush(Duration timeout) throws IOException {
        if (!queue.isEmpty()) {
            within(timeout, () -> {
                queue.writeTo(socket.out());
                return this;
            });
        }
    }

    /** Writes what is queued, then this block of content. A small block leaves in the same write. */
    public void write(byte[] bytes, int from, int to, Duration timeout) throws IOException {
        if (!queue.isEmpty() && to - from <= SMALL_BLOCK) {
            queue.add(bytes, from, to);
            flush(timeout);
        } else {
            flush(timeout);
            within(timeout, () -> {
                socket.out().write(bytes, from, to - from);
                return this;
            });
        }
    }

    /** Ends the current wait, or the next one, with {@link DeadlineExceededException}. Any thread. */
    public void expire() {
        deadline.expire();
    }

    /** Closes the connection at once. Any thread. */
    @Override
    public void close() {
        deadline.close();
        socket.close();
    }

    /**
     * Ends the output, reads and discards input for a moment, then closes. Closing at once while input is unread makes TCP
     * send a reset, and the peer may lose the last reply (RFC 1122 §4.2.2.13).
     *
     * @param grace how long to wait for the end of the input
     */
    public void closeGently(Duration grace) {
        try {
            within(grace, () -> {
                socket.shutdownOutput();
                return this;
            });
            within(grace, () -> {
                socket.discardInput(buffer.octets());
                return this;
            });
        } catch (IOException closedAlready) {
            // there is nothing to wait for
        } finally {
            close();
        }
    }

    private interface Wait<T> {
        T run() throws IOException;
    }

    private <T> T within(Duration timeout, Wait<T> wait) throws IOException {
        deadline.arm(timeout);
        try {
            return wait.run();
        } catch (IOException e) {
            throw deadline.expired() ? new DeadlineExceededException("timed out after " + timeout) : e;
        } finally {
            deadline.disarm();
        }
    }
}
