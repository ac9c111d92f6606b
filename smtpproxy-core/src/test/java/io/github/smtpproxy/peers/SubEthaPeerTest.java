package io.github.smtpproxy.peers;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.subetha.LiveHandlers;
import io.github.smtpproxy.testing.Dialogue;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.subethamail.smtp.server.SMTPServer;

/** A SubEtha server of the host in front of a real Postfix. */
@Tag("servers")
class SubEthaPeerTest {

    private PostfixServer postfix;
    private LiveHandlers handlers;
    private SMTPServer server;

    @BeforeEach
    void start() {
        postfix = PostfixServer.start();
        handlers = SmtpProxy.builder().router(Router.to(postfix.destination())).messageHandlerFactory();
        server = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .insertReceivedHeaders(false)
                .messageHandlerFactory(handlers)
                .build();
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
        handlers.close();
        postfix.close();
    }

    private Dialogue client(int port) {
        Dialogue client = Dialogue.with(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .hears("220");
        client.says("EHLO client.test").reply();
        return client;
    }

    private static List<String> refusals(Dialogue client) {
        List<String> refusals = new ArrayList<>();
        client.says("MAIL FROM:<a@client.test>").hears("250");
        refusals.addAll(client.says("RCPT TO:<nobody@dest.test>").reply());
        refusals.addAll(client.says("RCPT TO:<nobody2@dest.test>").reply());
        client.says("RCPT TO:<alice@dest.test>").hears("250");
        client.says("DATA").hears("354");
        client.sends("x".repeat(900).concat("\r\n").repeat(150)).says(".");
        refusals.addAll(client.reply());
        client.close();
        return refusals;
    }

    @Test
    void refusals_are_Postfix_s_word_for_word() {
        List<String> here = refusals(client(server.getPortAllocated()));
        assertThat(here).isEqualTo(refusals(client(postfix.destination().port())));
        assertThat(here).hasSize(3).allMatch(line -> line.startsWith("5"));
        assertThat(postfix.mailsUntilNow("alice")).isEmpty();
    }

    @Test
    void fifty_sessions_at_once_deliver_what_Postfix_accepted_and_nothing_else() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Future<?>> sessions = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String token = "token=" + i + ";";
            sessions.add(threads.submit(() -> {
                try (Dialogue client = client(server.getPortAllocated())) {
                    client.says("MAIL FROM:<a@client.test>").hears("250");
                    client.says("RCPT TO:<nobody@dest.test>").hears("550 5.1.1");
                    client.says("RCPT TO:<alice@dest.test>").hears("250");
                    client.says("DATA")
                            .hears("354")
                            .says("Subject: " + token)
                            .says("")
                            .says(".");
                    client.hears("250 2.0.0 Ok: queued as ");
                    client.says("MAIL FROM:<a@client.test>").hears("250");
                    client.says("RCPT TO:<bob@dest.test>").hears("250");
                    client.says("DATA").hears("354").sends("half of " + token);
                }
            }));
        }
        for (Future<?> session : sessions) {
            session.get(120, SECONDS);
        }
        threads.shutdown();
        List<String> mails = postfix.mailsOf("alice", 50);
        for (int i = 0; i < 50; i++) {
            String token = "token=" + i + ";";
            assertThat(mails).filteredOn(mail -> mail.contains(token)).hasSize(1);
        }
        assertThat(postfix.mailsUntilNow("bob")).isEmpty();
    }
}
