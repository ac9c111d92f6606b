package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.internal.command.CommandSyntax;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.subethamail.smtp.MessageContext;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.server.Session;

/**
 * A transaction of the host's SubEtha, relayed live. What SubEtha makes of a message is not trusted: it takes the end of a
 * connection for the end of a message that comes by BDAT, and goes on in a transaction whose message was refused.
 */
final class HostedTransaction implements MessageHandler {

    private static final Logger log = LoggerFactory.getLogger(HostedTransaction.class);

    private static final Reply LOST = Reply.defer("4.4.2", "Connection to destination lost");
    /** SubEtha would go on with the recipients that it knows of. */
    private static final Reply LEFT = Reply.of(421, "4.4.2 Connection to destination lost");

    private static final Reply OVER = Reply.of(503, "5.5.1 This transaction is over");
    private static final int BLOCK = 8 * 1024;

    /** SubEtha's streams of DATA, which detect a message that is cut. */
    private static final Set<String> KNOW_THE_END = Set.of("ReceivedHeaderStream", "DotUnstuffingInputStream");

    private final HostedHandlers handlers;
    private final MessageContext context;
    private Optional<HostedSession> session = Optional.empty();

    HostedTransaction(HostedHandlers handlers, MessageContext context) {
        this.handlers = handlers;
        this.context = context;
    }

    @Override
    public void from(String from) throws RejectException {
        CommandSyntax.Read<?> read = CommandSyntax.sender(from);
        if (read.command().isEmpty()) {
            throw HostedRefusalException.of(read.refusal().orElse(Replies.SYNTAX));
        }
        if (handlers.isClosed()) {
            throw HostedRefusalException.of(Replies.DRAINING);
        }
        try {
            session = Optional.of(HostedSession.open(handlers, context));
            require(session.get().readReply());
            String name = context.getHelo().filter(h -> !h.isBlank()).orElse("unknown");
            Extensions offered = Extensions.of(require(session.get().send("EHLO " + name)));
            require(session.get().send("MAIL FROM:<" + from + ">" + parameters(from, offered)));
        } catch (IOException | RuntimeException e) {
            throw lost(e, LOST);
        }
    }

    /** SubEtha has offered these itself, and does not report whether the client used them. */
    private String parameters(String from, Extensions offered) {
        StringBuilder parameters = new StringBuilder();
        int size = context instanceof Session subEtha ? subEtha.getDeclaredMessageSize() : 0;
        if (size > 0 && offered.has("SIZE")) {
            parameters.append(" SIZE=").append(size);
        }
        if (offered.has("8BITMIME")) {
            parameters.append(" BODY=8BITMIME");
        }
        if (!from.chars().allMatch(c -> c < 0x80)) {
            parameters.append(" SMTPUTF8");
        }
        return parameters.toString();
    }

    @Override
    public void recipient(String recipient) throws RejectException {
        CommandSyntax.Read<?> read = CommandSyntax.recipient(recipient);
        if (read.command().isEmpty()) {
            throw HostedRefusalException.of(read.refusal().orElse(Replies.SYNTAX));
        }
        try {
            require(running().send("RCPT TO:<" + recipient + ">"));
        } catch (IOException e) {
            throw lost(e, LEFT);
        }
    }

    @Override
    public String data(InputStream data) throws RejectException, IOException {
        Reply reply;
        try {
            reply = relayed(knowsTheEnd(data) ? data : new SingleOctets(data));
        } finally {
            end();
        }
        if (!reply.isPositive()) {
            // before the refusal: SubEtha would go on in this transaction
            if (context instanceof Session subEtha) {
                subEtha.resetMailTransaction();
            }
            throw HostedRefusalException.of(reply);
        }
        return String.join("\r\n", reply.lines());
    }

    /** All of the message is read, whatever becomes of it: SubEtha would take its rest for commands. */
    private Reply relayed(InputStream data) throws IOException {
        Reply reply = session.map(HostedTransaction::begin).orElse(LOST);
        if (reply.code() != 354) {
            swallow(data);
            return reply.isRefusal() ? reply : LOST;
        }
        return content(data, session.orElseThrow());
    }

    private static Reply begin(HostedSession proxy) {
        try {
            return proxy.send("DATA");
        } catch (IOException gone) {
            return LOST;
        }
    }

    private Reply content(InputStream data, HostedSession proxy) throws IOException {
        ByteArrayOutputStream stuffed = new ByteArrayOutputStream();
        DotStuffing.Stuffer stuffer = new DotStuffing.Stuffer(stuffed, true, true);
        byte[] block = new byte[BLOCK];
        for (int n = data.readNBytes(block, 0, BLOCK); n > 0; n = data.readNBytes(block, 0, BLOCK)) {
            stuffer.write(block, 0, n);
            try {
                proxy.write(stuffed.toByteArray(), stuffed.size());
            } catch (IOException closed) {
                swallow(data);
                return lastWords(proxy);
            }
            stuffed.reset();
        }
        requireWhole(data);
        stuffer.finish();
        stuffed.writeBytes(new byte[] {'.', '\r', '\n'});
        try {
            proxy.write(stuffed.toByteArray(), stuffed.size());
        } catch (IOException closed) {
            return lastWords(proxy);
        }
        return lastWords(proxy);
    }

    private static Reply lastWords(HostedSession proxy) {
        try {
            return proxy.readReply();
        } catch (IOException gone) {
            return LOST;
        }
    }

    private static void swallow(InputStream data) throws IOException {
        byte[] block = new byte[BLOCK];
        int n;
        do {
            n = data.read(block);
        } while (n >= 0);
    }

    /** Close is not commit: the end of a chunk is the end of the message only where the client is still there. */
    private void requireWhole(InputStream data) throws IOException {
        if (knowsTheEnd(data) || !(context instanceof Session subEtha)) {
            return;
        }
        Socket socket = subEtha.getSocket();
        InputStream raw = subEtha.getRawInput();
        int timeout = socket.getSoTimeout();
        raw.mark(1);
        socket.setSoTimeout(1);
        try {
            if (raw.read() < 0) {
                throw new EOFException("the client is gone, perhaps in the middle of its message");
            }
            raw.reset();
        } catch (SocketTimeoutException waits) {
            // it waits for the reply
        } finally {
            socket.setSoTimeout(timeout);
        }
    }

    private static boolean knowsTheEnd(InputStream data) {
        return KNOW_THE_END.contains(data.getClass().getSimpleName());
    }

    /**
     * A stream that is read octet by octet: what is thrown where a client does not go on with its chunks ends the message. A
     * read of a block, as InputStream has it, would drop that.
     */
    private static final class SingleOctets extends InputStream {
        private final InputStream in;

        SingleOctets(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            return in.read();
        }

        @Override
        public int read(byte[] block, int from, int length) throws IOException {
            int n = 0;
            int octet = 0;
            while (n < length && octet >= 0) {
                octet = in.read();
                if (octet >= 0) {
                    block[from + n] = (byte) octet;
                    n++;
                }
            }
            return n == 0 && length > 0 ? -1 : n;
        }
    }

    @Override
    public void done() {
        end();
    }

    private void end() {
        session.ifPresent(HostedSession::close);
        session = Optional.empty();
    }

    private HostedSession running() throws RejectException {
        if (session.isEmpty()) {
            throw HostedRefusalException.of(OVER);
        }
        return session.get();
    }

    private static Reply require(Reply reply) throws RejectException {
        if (!reply.isPositive()) {
            throw HostedRefusalException.of(reply.isRefusal() ? reply : LOST);
        }
        return reply;
    }

    private RejectException lost(Exception why, Reply reply) {
        log.warn("a transaction of SubEtha cannot go on: {}", why.toString());
        end();
        return HostedRefusalException.of(reply);
    }
}
