package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.protocol.Reply;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/**
 * One side of a session as bytes: a bounded line at a time or a block at a time, through one buffer, so that nothing
 * that was pipelined is lost between the two. What is written is queued and leaves in one write. Used by the session's
 * thread only; {@link #close} by any.
 */
public final class Wire implements Closeable {

    /** The size of a block of content. */
    public static final int BLOCK = 64 * 1024;

    /** A block of so much leaves together with what is queued. */
    private static final int SMALL_BLOCK = 4 * 1024;

    /** The transcript of a proxy that has none. */
    public static final Transcript NO_TRANSCRIPT = (session, lane, fromProxy, line) -> {};

    private static final int MAX_DISCARDED = 2 << 20;

    /** Of replies that nobody asked for so many are looked at. */
    private static final int MAX_UNASKED = 16;

    private final Socket socket;
    private final InputStream beneath;
    private Socket layer;
    private InputStream in;
    private OutputStream out;
    private final Deadline deadline;
    private final Log log;
    private final Redaction heard = new Redaction();
    private final Redaction said = new Redaction();
    private final ReadBuffer buffer;
    private final ReplyReader replies;
    /** Does not write to the transcript: what it reads is read again by {@link #replies}. */
    private final ReplyReader peeks;

    private final WriteQueue queue = new WriteQueue();
    private boolean crlfOnly = true;
    /** Whether a line that is no command has not ended yet: all of it is dropped, in however many reads it comes. */
    private boolean dropping;

    private int dropped;

    /** Where the lines of this wire are written down. */
    public record Log(Transcript transcript, String session, Transcript.Lane lane) {}

    public Wire(Socket socket, Deadline deadline, Log log) throws IOException {
        this(socket, deadline, log, Budget.unlimited());
    }

    /** @param budget what large buffers are taken from */
    public Wire(Socket socket, Deadline deadline, Log log, Budget budget) throws IOException {
        this.buffer = new ReadBuffer(budget.share());
        this.replies = new ReplyReader(buffer, line -> log(heard, false, line));
        this.peeks = new ReplyReader(buffer, line -> {});
        this.socket = socket;
        this.layer = socket;
        this.beneath = socket.getInputStream();
        this.in = beneath;
        this.out = socket.getOutputStream();
        this.deadline = deadline;
        this.log = log;
    }

    /** From now on a LF alone ends a command line, too (RFC 5321 §2.3.8 forbids it). */
    public void acceptBareLineFeeds() {
        crlfOnly = false;
    }

    /**
     * Goes on in TLS.
     *
     * @param heard whether what was read and not looked at belongs to the handshake, else it is forgotten (RFC 3207 §4.2)
     */
    public SSLSession secure(TlsLayer tls, boolean heard, Duration timeout) throws IOException {
        byte[] read = buffer.takeAll();
        byte[] first = heard ? read : new byte[0];
        return within(timeout, () -> {
            SSLSocket secured = tls.over(socket, first);
            shakeHands(secured);
            TlsLayer.handshakeOnce(secured);
            layer = secured;
            in = secured.getInputStream();
            out = secured.getOutputStream();
            return secured.getSession();
        });
    }

    private static void shakeHands(SSLSocket secured) throws IOException {
        try {
            secured.startHandshake();
        } catch (RuntimeException | Error e) {
            // code of others judges certificates and chooses keys
            throw new SSLException("the handshake broke off", e);
        }
    }

    /** Reads a PROXY header, before anything else was read, and nothing behind it. */
    public ProxyHeader readProxyHeader(Duration timeout) throws IOException {
        return within(timeout, () -> ProxyHeader.read(in));
    }

    /**
     * Waits until the other side has said something, which stays to be looked at.
     *
     * @throws EmptyConnectionException where it goes instead
     */
    public void awaitFirstOctet(Duration timeout) throws IOException {
        within(timeout, () -> {
            try {
                buffer.fillLine(in);
            } catch (EOFException | SocketException gone) {
                throw new EmptyConnectionException();
            }
            return this;
        });
    }

    /** Whether the other side has said something that was not looked at yet. */
    public boolean hasBuffered() {
        return buffer.size() > 0;
    }

    /** Whether what was said and not looked at contains a whole line. */
    public boolean hasBufferedLine() {
        return buffer.lineFeed(buffer.position()) >= 0;
    }

    /** Ends the wait of this moment, or the next one: it is {@link DeadlineExceededException}. Any thread. */
    public void expire() {
        deadline.expire();
    }

    /**
     * The next command line. Where a CR or LF that stands alone makes it none, what follows up to CRLF is part of it and
     * is dropped: it may be a command to a server that takes such lines, and data to the one that sent it.
     *
     * @param timeout for the whole line
     * @param max octets with the line end
     * @param authMax the same for AUTH (RFC 4954 §4)
     */
    public CommandLine readCommand(Duration timeout, int max, int authMax) throws IOException {
        return within(timeout, () -> {
            while (dropping) {
                buffer.fillLine(in);
                drop();
            }
            int scanned = 0;
            while (true) {
                int lf = buffer.lineFeed(buffer.position() + scanned);
                int length = lf < 0 ? buffer.size() : lf + 1 - buffer.position();
                if (length > max && length > (startsWithAuth() ? authMax : max)) {
                    return tooLong();
                }
                if (lf >= 0) {
                    return commandLine(lf);
                }
                scanned = buffer.size();
                buffer.fillLine(in);
            }
        });
    }

    /** The next reply, in whatever form it comes: see {@link ReplyReader}. */
    public Reply readReply(Duration timeout) throws IOException {
        return within(timeout, () -> replies.next(() -> buffer.fillLine(in)));
    }

    /** Whether the other side has said something that was not dealt with yet; never waits. */
    public boolean hasInput() throws IOException {
        return buffer.size() > 0 || fillIfThere();
    }

    /** The first refusal among the replies that are there whole; never waits. */
    public Optional<Reply> pendingRefusal() {
        try {
            for (int i = 0; i < MAX_UNASKED; i++) {
                Reply reply = replies.next(this::fillWithoutWait);
                if (reply.isRefusal()) {
                    return Optional.of(reply);
                }
            }
        } catch (IOException nothingMore) {
            // no refusal, then
        }
        return Optional.empty();
    }

    /** Whether among the replies that were read already is a refusal like this. */
    public boolean hasBufferedRefusal(Predicate<Reply> like) {
        int position = buffer.position();
        try {
            while (hasBufferedLine()) {
                Reply reply = peeks.next(() -> {
                    throw new EOFException("no more of it was read");
                });
                if (reply.isRefusal() && like.test(reply)) {
                    return true;
                }
            }
        } catch (IOException noReply) {
            // no refusal, then
        } finally {
            buffer.consume(position);
        }
        return false;
    }

    private void fillWithoutWait() throws IOException {
        if (!fillIfThere()) {
            throw new EOFException("nothing more is there");
        }
    }

    private boolean fillIfThere() throws IOException {
        if (in.available() > 0) {
            buffer.fillLine(in);
            return true;
        }
        return layer != socket && beneath.available() > 0 && fillFromRecords();
    }

    /** Records of TLS have come, which may be its own, such as a ticket: only what comes out of them was said. */
    private boolean fillFromRecords() throws IOException {
        layer.setSoTimeout(1);
        try {
            buffer.fillLine(in);
            return true;
        } catch (SocketTimeoutException nothing) {
            return false;
        } finally {
            layer.setSoTimeout(0);
        }
    }

    /** Waits for the next block of content, if none is there yet; {@link #buffer} then has it from position to limit. */
    public void readBlock(Duration timeout) throws IOException {
        within(timeout, () -> {
            buffer.fillBlock(in);
            return this;
        });
    }

    public byte[] buffer() {
        return buffer.octets();
    }

    public int position() {
        return buffer.position();
    }

    public int limit() {
        return buffer.limit();
    }

    /** What comes before this index has been dealt with. */
    public void consume(int newPosition) {
        buffer.consume(newPosition);
    }

    /** Back to a small buffer after content, for the many sessions that wait. */
    public void shrink() {
        buffer.shrink();
    }

    /** Nothing more is read from it. */
    public void releaseBuffer() {
        buffer.forget();
    }

    /**
     * Queues a command line.
     *
     * @throws IllegalArgumentException where it is not one line of octets
     */
    public void queueLine(String line) {
        queue.addLine(line);
        log(said, true, line);
    }

    /** Queues a reply. */
    public void queueReply(Reply reply) {
        for (String line : reply.wireLines()) {
            queueLine(line);
        }
    }

    /** Queues bytes. */
    public void queueBytes(byte[] bytes) {
        queue.add(bytes, 0, bytes.length);
    }

    public int queued() {
        return queue.size();
    }

    /** Writes what is queued. */
    public void flush(Duration timeout) throws IOException {
        if (!queue.isEmpty()) {
            within(timeout, () -> {
                queue.writeTo(out);
                return this;
            });
        }
    }

    /** Writes a block of content behind what is queued; a small one leaves with it in one write. */
    public void write(byte[] bytes, int from, int to, Duration timeout) throws IOException {
        if (!queue.isEmpty() && to - from <= SMALL_BLOCK) {
            queue.add(bytes, from, to);
            flush(timeout);
        } else {
            flush(timeout);
            within(timeout, () -> {
                out.write(bytes, from, to - from);
                return this;
            });
        }
    }

    @Override
    public void close() {
        deadline.close();
        try {
            socket.close();
        } catch (IOException closedAnyway) {
            // there is nobody left to tell
        }
    }

    /** Ends the output, reads what still comes for a moment, then closes: the last reply is not lost to a reset. */
    public void closeGently(Duration grace) {
        try {
            within(grace, () -> {
                layer.shutdownOutput();
                return this;
            });
            within(grace, () -> {
                int left = MAX_DISCARDED;
                for (int n = 0; n >= 0 && left > 0; left -= n) {
                    n = in.read(buffer.octets());
                }
                return this;
            });
        } catch (IOException gone) {
            // gone already
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
            throw deadline.expired() ? new DeadlineExceededException("nothing happened for " + timeout) : e;
        } finally {
            deadline.disarm();
        }
    }

    private CommandLine commandLine(int lf) throws IOException {
        boolean ends = !crlfOnly || buffer.endsInCrlf(lf);
        String text = buffer.line(lf);
        buffer.consume(lf + 1);
        log(heard, false, text);
        CommandLine.Flaw flaw = CommandLine.Flaw.NONE;
        if (text.indexOf('\r') >= 0 || !ends) {
            flaw = CommandLine.Flaw.BARE_LINE_END;
        } else if (text.indexOf('\0') >= 0) {
            flaw = CommandLine.Flaw.NUL;
        }
        if (!ends) {
            beginDropping();
        }
        return new CommandLine(text, flaw);
    }

    private CommandLine tooLong() throws IOException {
        String start = buffer.text(buffer.position(), Math.min(buffer.limit(), buffer.position() + 64));
        log(heard, false, start + "...");
        beginDropping();
        while (dropping) {
            buffer.fillLine(in);
            drop();
        }
        return new CommandLine(start, CommandLine.Flaw.TOO_LONG);
    }

    private void beginDropping() throws IOException {
        dropped = 0;
        drop();
    }

    private void drop() throws IOException {
        int here = buffer.size();
        dropping = !buffer.drop(crlfOnly);
        dropped += here - buffer.size();
        if (dropped > MAX_DISCARDED) {
            throw new EOFException("line of more than " + MAX_DISCARDED + " octets");
        }
    }

    private boolean startsWithAuth() {
        int start = buffer.position();
        return buffer.size() >= 5 && buffer.text(start, start + 5).equalsIgnoreCase("AUTH ");
    }

    private void log(Redaction direction, boolean fromProxy, String text) {
        if (log.transcript() != NO_TRANSCRIPT) {
            boolean reply = fromProxy == (log.lane() == Transcript.Lane.CLIENT);
            String line = direction.line(text);
            String shown = reply ? (fromProxy ? heard : said).reply(line) : line;
            log.transcript().line(log.session(), log.lane(), fromProxy, shown);
        }
    }
}
