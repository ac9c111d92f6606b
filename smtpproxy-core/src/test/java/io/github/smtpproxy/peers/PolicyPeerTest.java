package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.policy.AskPolicy;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real policy servers, unchanged. */
@Tag("servers")
@Timeout(120)
class PolicyPeerTest {

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        ending.close();
    }

    private Dialogue client(PolicyServer server) {
        AskPolicy filter = AskPolicy.at(server.address()).exempt(Clients.none());
        SmtpProxy proxy = ending.start(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).received(false).xclientFrom(AddressRange.parse("127.0.0.1")))
                .router(Router.to(destination.destination()))
                .filter(filter));
        Dialogue client = Dialogue.with(proxy.address());
        opened.addAll(List.of(client, filter, server));
        return client.greets();
    }

    private static Dialogue mail(Dialogue client, String sender) {
        return client.says("MAIL FROM:<" + sender + ">").hears("250").says("RCPT TO:<b@dest.test>");
    }

    @Test
    void postgrey_defers_in_its_words() {
        Dialogue client = client(PolicyServer.postgrey(300));
        mail(client, "a@client.test").hears("450 4.2.0 Greylisted, see ");
        client.says("DATA").hears("554").says("RSET").hears("250");
        assertThat(destination.heard("RCPT")).isEmpty();
    }

    @Test
    void postgrey_lets_a_second_try_pass_and_adds_its_field() {
        Dialogue client = client(PolicyServer.postgrey(1));
        String last;
        do {
            client.says("RSET").hears("250");
            last = mail(client, "a@client.test").reply().get(0);
        } while (last.startsWith("450"));
        client.says("DATA").hears("354").sends("Subject: a\r\n\r\nb\r\n.\r\n").hears("250");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .startsWith("X-Greylist: delayed ")
                .endsWith("\r\nSubject: a\r\n\r\nb\r\n");
    }

    @Test
    void postfwd_refuses_by_its_rules() {
        Dialogue client = client(PolicyServer.postfwd("id=BAD; sender==bad@client.test; action=REJECT bad sender"));
        mail(client, "bad@client.test")
                .hearsLine("554 5.7.1 bad sender")
                .says("RSET")
                .hears("250");
        mail(client, "good@client.test").hears("250");
        assertThat(destination.heard("RCPT")).hasSize(1);
    }

    @Test
    void the_spf_agent_adds_its_field_to_messages_in_chunks_too() {
        destination.takesChunks();
        Dialogue client = client(PolicyServer.spfAgent());
        mail(client, "a@client.test").hears("250").says("RCPT TO:<c@dest.test>").hears("250");
        client.sends("BDAT 17 LAST\r\nSubject: a\r\n\r\nb\r\n").hears("250");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .startsWith("X-Comment: SPF check N/A for local connections - client-ip=127.0.0.1; helo=client.test;")
                .endsWith("\r\nSubject: a\r\n\r\nb\r\n");
    }

    @Test
    void the_spf_agent_refuses_and_tells_its_result_once() {
        RbldnsdServer names = RbldnsdServer.start(Map.of(
                "spf.test:generic",
                "$SOA 300 ns.spf.test. root.spf.test. 1 300 300 300 300\n"
                        + "fail TXT \"v=spf1 -all\"\n"
                        + "pass TXT \"v=spf1 ip4:203.0.113.9 -all\"\n"));
        Dialogue client = client(PolicyServer.spfAgent(names));
        opened.add(names);
        client.says("XCLIENT ADDR=203.0.113.9").hears("220");
        client.says("EHLO pass.spf.test").hears("250");
        mail(client, "a@fail.spf.test").hears("550 5.7.23 Message rejected due to: SPF fail");
        client.says("RSET").hears("250");
        mail(client, "a@pass.spf.test")
                .hears("250")
                .says("RCPT TO:<c@dest.test>")
                .hears("250");
        client.says("DATA").hears("354").sends("Subject: a\r\n\r\nb\r\n.\r\n").hears("250");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .startsWith("Received-SPF: Pass (mailfrom)")
                .containsOnlyOnce("Received-SPF")
                .endsWith("\r\nSubject: a\r\n\r\nb\r\n");
    }

    @Test
    void the_rate_limit_counts_and_defers() {
        Dialogue client = client(PolicyServer.rateLimit());
        mail(client, "a@client.test").hears("250").says("RSET").hears("250");
        mail(client, "a@client.test").hears("250").says("RSET").hears("250");
        mail(client, "a@client.test").hearsLine("450 4.7.1 Rate limit reach, retry later");
    }
}
