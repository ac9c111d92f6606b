package io.github.smtpproxy.internal.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.command.Commands;
import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.relay.SessionState;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.throttle.Step;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.smtp.server.Session;
import org.subethamail.smtp.server.SessionHandler;

/** What SubEtha's {@code startMailTransaction} makes, called as SubEtha calls it. */
class LiveTransactionTest {

    private final Network network = PlainNetwork.start();
    private final ScriptedDestination destination = ScriptedDestination.start();

    private interface Calls {
        void on(MessageHandler handler) throws Exception;
    }

    @AfterEach
    void stop() {
        network.close();
        destination.close();
    }

    @Test
    void relays_live() {
        inTransaction(handler -> {
            handler.from("a@client.test");
            assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test>");
            handler.recipient("b@dest.test");
            assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@dest.test>");
            assertThat(handler.data(text("Subject: hello\r\n\r\n.dot\r\nend"))).startsWith("2.0.0");
            handler.done();
        });
        assertThat(destination.messages()).hasSize(1);
        assertThat(destination.messages().get(0)).endsWith("Subject: hello\r\n\r\n..dot\r\nend\r\n");
    }

    @Test
    void refuses_in_the_destination_s_words() {
        destination.on("MAIL FROM:<a@client.test>").reply("550 5.7.1 Not you");
        inTransaction(handler -> assertRefused(550, "5.7.1 Not you", () -> handler.from("a@client.test")));
    }

    @Test
    void refuses_a_recipient_and_goes_on() {
        destination.on("RCPT TO:<no@dest.test>").reply("550 5.1.1 No such user");
        inTransaction(handler -> {
            handler.from("");
            assertRefused(550, "5.1.1 No such user", () -> handler.recipient("no@dest.test"));
            handler.recipient("b@dest.test");
            handler.data(text("Subject: hello\r\n\r\nbody\r\n"));
        });
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<>");
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void refuses_an_address_that_servers_read_differently() {
        inTransaction(handler -> {
            assertRefused(501, "5.1.7 Bad sender address syntax", () -> handler.from("a%b.test@client.test"));
            handler.from("a@client.test");
            assertRefused(501, "5.1.3 Bad recipient address syntax", () -> handler.recipient("b.test!c@dest.test"));
            assertRefused(501, "5.1.3 Bad recipient address syntax", () -> handler.recipient("b"));
            assertThatThrownBy(() -> handler.recipient("b@dest.test> X=1")).isInstanceOf(RejectException.class);
        });
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test>");
        assertThat(destination.heard("RCPT")).isEmpty();
    }

    @Test
    void a_message_that_breaks_off_is_not_delivered() {
        inTransaction(handler -> {
            handler.from("a@client.test");
            handler.recipient("b@dest.test");
            assertThatThrownBy(() -> handler.data(broken())).isInstanceOf(IOException.class);
        });
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_message_for_nobody_is_not_sent() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        destination.on("DATA").reply("354 Go on");
        inTransaction(handler -> {
            handler.from("a@client.test");
            assertRefused(550, "5.1.1 No such user", () -> handler.recipient("no@dest.test"));
            assertRefused(554, "5.5.1 No valid recipients", () -> handler.data(text("Subject: hello\r\n")));
        });
        assertThat(destination.heard("DATA")).isEmpty();
    }

    private interface Call {
        void run() throws Exception;
    }

    private static void assertRefused(int code, String text, Call call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(RejectException.class, refusal -> {
            assertThat(refusal.getCode()).isEqualTo(code);
            assertThat(refusal.getMessage()).isEqualTo(text);
        });
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static InputStream broken() {
        return new InputStream() {
            private int left = 100_000;

            @Override
            public int read() throws IOException {
                if (left == 0) {
                    throw new IOException("gone");
                }
                left--;
                return left % 50 == 0 ? '\n' : left % 50 == 1 ? '\r' : 'x';
            }
        };
    }

    /** Has SubEtha begin a transaction in one of its sessions. */
    private void inTransaction(Calls calls) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        Taking taking = new Taking(calls, over);
        SMTPServer server = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .serverSocketFactory(network::listen)
                .sessionHandler(taking)
                .messageHandlerFactory(context -> taking.transactions.handler())
                .build();
        server.start();
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), server.getPortAllocated())) {
            assertThat(client.isConnected()).isTrue();
            over.get(60, TimeUnit.SECONDS);
            assertThat(client.isConnected()).isTrue();
        } catch (Exception e) {
            throw new AssertionError(e);
        } finally {
            server.stop();
        }
    }

    private final class Taking implements SessionHandler {
        private final Calls calls;
        private final CompletableFuture<Void> over;
        private volatile SubEthaTransactions transactions;

        Taking(Calls calls, CompletableFuture<Void> over) {
            this.calls = calls;
            this.over = over;
        }

        @Override
        public SessionAcceptance accept(Session subEtha) {
            transactions = new SubEthaTransactions(subEtha);
            try (Wire client = wire(subEtha.getSocket())) {
                RelaySession session = session(subEtha.getSocket(), client);
                session.begin(new Step.Mail(session.state(), MailFrom.nullPath()));
                calls.on(transactions.current().orElseThrow());
                session.downstream().close();
                over.complete(null);
            } catch (Throwable e) {
                over.completeExceptionally(e);
            }
            return SessionAcceptance.failure(421, "closed");
        }

        private Wire wire(Socket socket) throws IOException {
            return new Wire(
                    socket, network.watch(socket), new Wire.Log(Wire.NO_TRANSCRIPT, "s", Transcript.Lane.CLIENT));
        }

        private RelaySession session(Socket socket, Wire client) throws IOException {
            Relay relay = SubEthaListenerTest.relay(network, destination);
            SessionState state = new SessionState(
                    "s",
                    "endpoint",
                    (InetSocketAddress) socket.getRemoteSocketAddress(),
                    (InetSocketAddress) socket.getLocalSocketAddress(),
                    given -> {});
            RelaySession session = new RelaySession(relay, transactions, state, client, System::nanoTime);
            session.open();
            CommandLine hello = new CommandLine("EHLO client.test", CommandLine.Flaw.NONE);
            new Commands().verb("EHLO").command().execute(hello, session);
            return session;
        }

        @Override
        public void onSessionEnd(Session session) {}
    }
}
