package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.Transcript;
import io.github.smtpproxy.protocol.Reply;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/**
 * One side of a session as bytes: a bounded line at a time or a block at a time, through one buffer, so that nothing
 * that was pipelined is lost between the two. What is written is queued and leaves in one write. Used by the session's
 * thread only; {@link #close} by any.
 */
public final class Wire implements Closeable {

    /** The size of a block of content. */
    public static final int BLOCK = 32 * 1024;

    /** Most lines are short, and most sessions wait: room for more is made only where this was filled. */
    private static final int SHORT_LINES = 256;

    private static final int LINES = 1024;
    /** Most messages are small: a whole block is made room for only where this was filled. */
    private static final int SMALL_BLOCK = 4 * 1024;

    private static final int MAX_DISCARDED = 2 << 20;
    private static final int MAX_REPLY_LINES = 256;

    private final Socket socket;
    private Socket layer;
    private InputStream in;
    private OutputStream out;
    private final Deadline deadline;
    private final Log log;
    private final Redaction heard = new Redaction();
    private final Redaction said = new Redaction();
    private byte[] buffer = new byte[SHORT_LINES];
    private int position;
    private int limit;
    private final WriteQueue queue = new WriteQueue();

    /** Where the lines of this wire are written down. */
    public record Log(Transcript transcript, String session, Transcript.Lane lane) {}

    public Wire(Socket socket, Deadline deadline, Log log) throws IOException {
        this.socket = socket;
        this.layer = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
        this.deadline = deadline;
        this.log = log;
    }

    /**
     * Goes on in TLS.
     *
     * @param heard whether what was read and not looked at belongs to the handshake, else it is forgotten (RFC 3207 §4.2)
     */
    public SSLSession secure(TlsLayer tls, boolean heard, Duration timeout) throws IOException {
        byte[] first = heard ? Arrays.copyOfRange(buffer, position, limit) : new byte[0];
        position = limit;
        return within(timeout, () -> {
            SSLSocket secured = tls.over(socket, first);
            secured.startHandshake();
            layer = secured;
            in = secured.getInputStream();
            out = secured.getOutputStream();
            return secured.getSession();
        });
    }

    /** Reads a PROXY header, before anything else was read, and nothing behind it. */
    public ProxyHeader readProxyHeader(Duration timeout) throws IOException {
        return within(timeout, () -> ProxyHeader.read(in));
    }

    /** Whether the other side has said something that was not looked at yet. */
    public boolean hasBuffered() {
        return position < limit;
    }

    /** Whether what was said and not looked at contains a whole line. */
    public boolean hasBufferedLine() {
        for (int i = position; i < limit; i++) {
            if (buffer[i] == '\n') {
                return true;
            }
        }
        return false;
    }

    /** Ends the wait of this moment, or the next one: it is {@link TimedOut}. Any thread. */
    public void expire() {
        deadline.expire();
    }

    /**
     * The next command line.
     *
     * @param timeout for the whole line
     * @param max octets with the line end
     * @param authMax the same for AUTH (RFC 4954 §4)
     */
    public CommandLine readCommand(Duration timeout, int max, int authMax) throws IOException {
        return within(timeout, () -> {
            int scanned = position;
            while (true) {
                int lf = indexOfLineFeed(scanned);
                int length = (lf < 0 ? limit : lf + 1) - position;
                if (length > max && length > (startsWithAuth() ? authMax : max)) {
                    return tooLong();
                }
                if (lf >= 0) {
                    return commandLine(lf);
                }
                scanned = limit - position;
                fill(roomForLines());
                scanned += position;
            }
        });
    }

    /** Drops what came behind a LF that stands alone, as far as it is here: it is no command of its own. */
    public void discardLine() {
        boolean crlf = position >= 2 && buffer[position - 2] == '\r';
        while (!crlf && position < limit) {
            position++;
            crlf = buffer[position - 1] == '\n' && buffer[position - 2] == '\r';
        }
    }

    /** The next reply; its lines may end in LF alone. */
    public Reply readReply(Duration timeout) throws IOException {
        return within(timeout, () -> {
            List<String> lines = new ArrayList<>(1);
            do {
                lines.add(replyLine());
                if (lines.size() > MAX_REPLY_LINES) {
                    throw new GarbageReply("reply of more than " + MAX_REPLY_LINES + " lines");
                }
            } while (!Reply.isLast(lines.get(lines.size() - 1)));
            try {
                return Reply.parse(lines);
            } catch (IllegalArgumentException notOne) {
                throw new GarbageReply(notOne.getMessage());
            }
        });
    }

    /** Waits for the next block of content, if none is there yet; {@link #buffer} then has it from position to limit. */
    public void readBlock(Duration timeout) throws IOException {
        within(timeout, () -> {
            fill(buffer.length < SMALL_BLOCK ? SMALL_BLOCK : BLOCK);
            return this;
        });
    }

    public byte[] buffer() {
        return buffer;
    }

    public int position() {
        return position;
    }

    public int limit() {
        return limit;
    }

    /** What comes before this index has been dealt with. */
    public void consume(int newPosition) {
        position = newPosition;
    }

    /** Back to a small buffer after content, for the many sessions that wait. */
    public void shrink() {
        int held = limit - position;
        if (buffer.length > LINES && held <= LINES) {
            buffer = Arrays.copyOfRange(buffer, position, position + (held < SHORT_LINES ? SHORT_LINES : LINES));
            limit = held;
            position = 0;
        }
    }

    /** Queues a command line. */
    public void queueLine(String line) {
        log(said, true, line);
        queue.addLine(line);
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
                    n = in.read(buffer, 0, buffer.length);
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
            throw deadline.expired() ? new TimedOut("nothing happened for " + timeout) : e;
        } finally {
            deadline.disarm();
        }
    }

    /** One that says more at a time than there was room for has more room from then on. */
    private int roomForLines() {
        return limit < buffer.length ? buffer.length : LINES;
    }

    private void fill(int size) throws IOException {
        if (position == limit) {
            position = 0;
            limit = 0;
        } else if (position > 0 && (limit == buffer.length || size > buffer.length)) {
            System.arraycopy(buffer, position, buffer, 0, limit - position);
            limit -= position;
            position = 0;
        }
        if (limit == buffer.length || size > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(size, limit == buffer.length ? buffer.length * 2 : 0));
        }
        int n = in.read(buffer, limit, buffer.length - limit);
        if (n < 0) {
            throw new EOFException("the other side closed the connection");
        }
        limit += n;
    }

    private int indexOfLineFeed(int from) {
        for (int i = from; i < limit; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private CommandLine commandLine(int lf) {
        boolean crlf = lf > position && buffer[lf - 1] == '\r';
        String text = text(position, crlf ? lf - 1 : lf);
        position = lf + 1;
        log(heard, false, text);
        CommandLine.Flaw flaw = CommandLine.Flaw.NONE;
        if (text.indexOf('\r') >= 0 || !crlf) {
            flaw = CommandLine.Flaw.BARE_LINE_END;
        } else if (text.indexOf('\0') >= 0) {
            flaw = CommandLine.Flaw.NUL;
        }
        return new CommandLine(text, flaw);
    }

    private CommandLine tooLong() throws IOException {
        String start = text(position, Math.min(limit, position + 64));
        log(heard, false, start + "...");
        int discarded = 0;
        for (int lf = indexOfLineFeed(position); lf < 0; lf = indexOfLineFeed(position)) {
            discarded += limit - position;
            position = limit;
            if (discarded > MAX_DISCARDED) {
                throw new EOFException("line of more than " + MAX_DISCARDED + " octets");
            }
            fill(roomForLines());
        }
        position = indexOfLineFeed(position) + 1;
        return new CommandLine(start, CommandLine.Flaw.TOO_LONG);
    }

    private boolean startsWithAuth() {
        return limit - position >= 5 && text(position, position + 5).equalsIgnoreCase("AUTH ");
    }

    private String replyLine() throws IOException {
        int lf = indexOfLineFeed(position);
        while (lf < 0) {
            if (limit - position > Reply.MAX_LINE) {
                throw new GarbageReply("reply line of more than " + Reply.MAX_LINE + " octets");
            }
            fill(roomForLines());
            lf = indexOfLineFeed(position);
        }
        String line = text(position, lf > position && buffer[lf - 1] == '\r' ? lf - 1 : lf);
        position = lf + 1;
        log(heard, false, line);
        if (!Reply.isReplyLine(line)) {
            // the line itself may quote a secret; the transcript has it
            throw new GarbageReply("a line of " + line.length() + " octets that is no reply");
        }
        return line;
    }

    private void log(Redaction direction, boolean fromProxy, String text) {
        if (log.transcript() != Redaction.SILENT) {
            boolean reply = fromProxy == (log.lane() == Transcript.Lane.CLIENT);
            String line = direction.line(text);
            String shown = reply ? (fromProxy ? heard : said).reply(line) : line;
            log.transcript().line(log.session(), log.lane(), fromProxy, shown);
        }
    }

    private String text(int from, int to) {
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
