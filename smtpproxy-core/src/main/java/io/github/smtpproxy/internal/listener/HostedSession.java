package io.github.smtpproxy.internal.listener;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.smtpproxy.internal.command.Commands;
import io.github.smtpproxy.internal.relay.SessionLoop;
import io.github.smtpproxy.internal.relay.SessionState;
import io.github.smtpproxy.internal.relay.TransactionHook;
import io.github.smtpproxy.internal.relay.TransactionRelay;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.ServerReply;
import io.github.smtpproxy.protocol.Reply;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.subethamail.smtp.MessageContext;
import org.subethamail.smtp.server.Session;

/**
 * The client's side of a session that a handler of the host has with the proxy, in SMTP, on a connection of loopback that
 * nobody else can be on. So a transaction of SubEtha passes what any other passes, in the same order. One thread.
 */
final class HostedSession implements AutoCloseable {

    /** Another program of the machine may fill the queue of connections. */
    private static final int CONNECT_MILLIS = 5_000;

    private static final int MAX_LINE = 4_096;
    private static final int MAX_LINES = 1_000;
    private static final Commands COMMANDS = new Commands();

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private HostedSession(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    /** Begins one for the client of this context. */
    static HostedSession open(HostedHandlers handlers, MessageContext context) throws IOException {
        Socket client = new Socket();
        try (ListeningSocket listening = handlers.relay().network().listen()) {
            listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
            client.connect(listening.getLocalSocketAddress(), CONNECT_MILLIS);
            client.setTcpNoDelay(true);
            serve(handlers, accept(listening, client.getLocalPort()), context);
            return new HostedSession(client);
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private static void serve(HostedHandlers handlers, Socket server, MessageContext context) throws IOException {
        try {
            SessionLoop loop =
                    new SessionLoop(handlers.relay(), COMMANDS, new OwnTransactions(), server, handlers.nextId());
            introduce(loop.state(), context);
            handlers.run(loop);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Another program of the machine may have been faster. */
    private static Socket accept(ListeningSocket listening, int port) throws IOException {
        Socket accepted = listening.accept();
        while (accepted.getPort() != port) {
            accepted.close();
            accepted = listening.accept();
        }
        return accepted;
    }

    private static void introduce(SessionState state, MessageContext context) {
        InetSocketAddress remote = (InetSocketAddress) context.getRemoteAddress();
        if (context instanceof Session session) {
            state.connected(ClientAttributes.of(
                    remote, (InetSocketAddress) session.getSocket().getLocalSocketAddress()));
            if (session.getSocket() instanceof SSLSocket secured) {
                SSLSession tls = secured.getSession();
                state.encrypted(tls);
            }
        } else {
            state.connected(ClientAttributes.of(remote, state.localAddress()));
        }
        context.getAuthenticationHandler()
                .ifPresent(handler -> state.authenticated(
                        Optional.ofNullable(handler.getIdentity()).map(Object::toString)));
    }

    /** Sends a command and waits for the reply. */
    Reply send(String line) throws IOException {
        out.write((line + "\r\n").getBytes(UTF_8));
        return readReply();
    }

    void write(byte[] octets, int length) throws IOException {
        out.write(octets, 0, length);
    }

    /** The next reply. */
    Reply readReply() throws IOException {
        List<String> lines = new ArrayList<>();
        do {
            lines.add(line());
        } while (lines.get(lines.size() - 1).startsWith("-", 3) && lines.size() < MAX_LINES);
        return ServerReply.parse(lines);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0 || line.size() == MAX_LINE) {
                throw new EOFException("the session of the proxy is over");
            }
            line.write(octet);
        }
        return line.toString(UTF_8).stripTrailing();
    }

    /** Ends it; what is not complete is not delivered. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException closedAnyway) {
            // nobody uses it any more
        }
    }

    /** SubEtha has begun the transaction, and ends it. */
    private static final class OwnTransactions implements TransactionHook {
        @Override
        public TransactionRelay begin(Supplier<TransactionRelay> relay) {
            return relay.get();
        }

        @Override
        public void end() {
            // the handler gets a reply that shows it
        }
    }
}
