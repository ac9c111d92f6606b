package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.subetha.LiveHandlers;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.subethamail.smtp.server.SMTPServer;

/** A SubEtha server of the host, whose handlers relay live. */
class HostedSubEthaTest {

    private final ScriptedDestination destination = ScriptedDestination.start();
    private LiveHandlers handlers;
    private SMTPServer server;
    private Dialogue client;

    private Dialogue client(SmtpProxyBuilder builder) {
        handlers = builder.messageHandlerFactory();
        server = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .insertReceivedHeaders(false)
                .messageHandlerFactory(handlers)
                .build();
        server.start();
        return again();
    }

    private Dialogue again() {
        client = Dialogue.with(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPortAllocated()))
                .hears("220");
        client.says("EHLO client.test").reply();
        return client;
    }

    private SmtpProxyBuilder proxy() {
        return SmtpProxy.builder().router(Router.to(destination.destination()));
    }

    private static Dialogue envelope(Dialogue client) {
        return client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    @AfterEach
    void nothing_is_left() {
        client.close();
        await().until(() -> destination.openConnections() == 0);
        server.stop();
        handlers.close();
        destination.close();
    }

    @Test
    void relays_live_and_answers_in_the_destination_s_words() {
        Dialogue client = envelope(client(proxy()));
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test> BODY=8BITMIME");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@dest.test>");
        assertThat(destination.heard("EHLO")).containsExactly("EHLO client.test");
        client.says("DATA")
                .hears("354")
                .says("Subject: x")
                .says("")
                .says("..dot")
                .says(".")
                .hearsLine("250 2.0.0 Ok: queued as T1");
        assertThat(destination.messages()).singleElement().asString().endsWith("Subject: x\r\n\r\n..dot\r\n");
    }

    @Test
    void refuses_in_all_lines_of_the_destination() {
        destination.on("RCPT TO:<no@dest.test>").reply("550-5.1.1 No such user", "550 5.1.1 here");
        destination.on("MAIL FROM:<not@client.test>").reply("451 4.7.1 Not now");
        Dialogue client = client(proxy());
        client.says("MAIL FROM:<not@client.test>").hearsLine("451 4.7.1 Not now");
        client.says("MAIL FROM:<a@client.test>").hears("250");
        assertThat(client.says("RCPT TO:<no@dest.test>").reply())
                .containsExactly("550-5.1.1 No such user", "550 5.1.1 here");
        client.says("RCPT TO:<b@dest.test>").hears("250");
        client.says("RSET").hears("250");
    }

    @Test
    void a_message_that_is_refused_ends_its_transaction() {
        destination.on(".").reply("554 5.7.1 Spam");
        Dialogue client = envelope(client(proxy()));
        client.says("DATA")
                .hears("354")
                .says("x")
                .says("MAIL FROM:<evil@client.test>")
                .says(".")
                .hearsLine("554 5.7.1 Spam");
        envelope(client);
        assertThat(destination.heard("MAIL")).hasSize(2).allMatch(line -> line.contains("a@client.test"));
    }

    @Test
    void a_refusal_at_DATA_takes_the_body_all_the_same() {
        destination.on("DATA").reply("451 4.3.0 Not now");
        Dialogue client = envelope(client(proxy()));
        client.says("DATA")
                .hears("354")
                .says("MAIL FROM:<evil@client.test>")
                .says(".")
                .hearsLine("451 4.3.0 Not now");
        envelope(client);
    }

    @Test
    void a_filter_refuses_and_sees_whose_client_it_is() {
        Dialogue client = client(proxy().filter(new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                String helo = next.session().hello().orElseThrow().name();
                return Reply.reject("5.7.1", helo + " is not wanted");
            }
        }));
        client.says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hearsLine("550 5.7.1 client.test is not wanted");
        client.says("DATA").hears("503");
        assertThat(destination.heard("RCPT")).isEmpty();
    }

    /** SubEtha would take the body for commands, and go on with the recipient before. */
    @Test
    void where_the_destination_is_lost_at_RCPT_no_line_that_follows_is_a_command() {
        destination.on("RCPT TO:<c@dest.test>").fail(Fault.CLOSE);
        Dialogue client = envelope(client(proxy()));
        client.says("RCPT TO:<c@dest.test>").hears("421 4.4.2");
        client.sends(
                "DATA\r\nRSET\r\nMAIL FROM:<evil@client.test>\r\nRCPT TO:<victim@dest.test>\r\nDATA\r\nx\r\n.\r\n");
        assertThat(client.rest()).doesNotContain("250");
        assertThat(destination.heard("MAIL")).hasSize(1);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_destination_that_is_lost_before_DATA_leaves_the_body_a_body() {
        destination.on("DATA").fail(Fault.CLOSE);
        Dialogue client = envelope(client(proxy()));
        client.sends("DATA\r\n").hears("354");
        client.sends("RSET\r\nMAIL FROM:<evil@client.test>\r\n.\r\n").hears("4");
        assertThat(destination.heard("MAIL")).hasSize(1);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void chunks_with_another_command_between_them_are_no_message() {
        destination.on(".").reply("554 5.7.1 Spam");
        Dialogue client = envelope(client(proxy()));
        client.sends("BDAT 7\r\nhello\r\n").hears("250");
        client.says("RSET").reply();
        client.sends("BDAT 7 LAST\r\nhello\r\n");
        assertThat(client.rest()).doesNotContain("250");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void settings_of_a_port_are_refused() {
        for (Endpoint endpoint : List.of(
                Endpoint.port(0).proxyProtocolFrom(AddressRange.parse("127.0.0.1/32")),
                Endpoint.port(0).unseen(Unseen.passStartTls()),
                Endpoint.port(0).offerStartTls(Certificate.LOCAL.shown()))) {
            assertThatThrownBy(() -> proxy().listen(endpoint).messageHandlerFactory())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("messageHandlerFactory opens no port, but the endpoint ");
        }
        client(proxy());
    }

    @Test
    void a_message_that_is_cut_is_not_delivered_by_DATA_nor_by_BDAT() {
        envelope(client(proxy())).says("DATA").hears("354").sends("half a mess").closes();
        await().until(() -> destination.connections() == 1 && destination.openConnections() == 0);
        envelope(again()).sends("BDAT 1000 LAST\r\nhalf a mess").closes();
        await().until(() -> destination.connections() == 2 && destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_message_by_BDAT_is_relayed() {
        envelope(client(proxy())).sends("BDAT 7 LAST\r\nhello\r\n").hearsLine("250 2.0.0 Ok: queued as T1");
        assertThat(destination.messages()).singleElement().asString().endsWith("hello\r\n");
    }

    @Test
    void connections_can_be_shared() {
        Dialogue client = client(proxy().multiplexing(Pool.max(1).idle(Duration.ofSeconds(1))));
        for (int i = 0; i < 3; i++) {
            envelope(client).says("DATA").hears("354").says("x").says(".").hears("250 2.0.0 Ok");
        }
        assertThat(destination.connections()).isLessThanOrEqualTo(2);
    }

    @Test
    void a_destination_that_is_down_is_told_at_MAIL() {
        destination.close();
        Dialogue client = client(proxy());
        client.says("MAIL FROM:<a@client.test>").hears("421 4.4.1").hearsTheEnd();
    }
}
