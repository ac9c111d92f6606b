package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** XFORWARD from those in front, such as a Postfix that has the proxy for its before-queue filter. */
class ForwardedClientTest extends ProxyTest {

    private static final Endpoint TRUSTING = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.0/8"));
    private static final String SAID =
            "XFORWARD NAME=real.test ADDR=192.0.2.1 PORT=7 PROTO=SMTP HELO=said.test IDENT=4ABC SOURCE=LOCAL";

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private final Filter looking = new Filter() {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            seen.add(next.session().hello().map(Hello::name).orElse("-") + " at "
                    + next.session().remoteAddress());
            return next.proceed(mail);
        }
    };

    private Dialogue client(Endpoint endpoint, ClientAnnouncement how) {
        destination.on("XCLIENT").reply("220 dest.test begins anew");
        destination.on("XFORWARD").reply("250 2.0.0 Ok");
        return clientOf(proxy(endpoint, Router.to(destination.destination().announce(how)))
                .filter(looking));
    }

    private Dialogue client() {
        return client(TRUSTING.received(true), ClientAnnouncement.NONE);
    }

    private static Dialogue delivers(Dialogue client) {
        return client.envelope().says("DATA").hears("354").says(".").hears("250");
    }

    @Test
    void it_is_offered_to_listed_peers_only() {
        assertThat(client().hears("220").says("EHLO front.test").reply())
                .contains("250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
        client(ENDPOINT, ClientAnnouncement.NONE).greets().says(SAID).hears("502 5.5.1");
    }

    @Test
    void one_transaction_is_the_clients_and_the_next_the_peers_own() {
        Dialogue client = client().greets().says(SAID).hears("250 2.0.0");
        delivers(delivers(client));
        assertThat(seen.get(0)).isEqualTo("said.test at /192.0.2.1:7");
        assertThat(seen.get(1)).startsWith("client.test at /127.0.0.1:");
        assertThat(destination.messages().get(0))
                .startsWith("Received: from said.test ([192.0.2.1])\r\n by proxy.test with SMTP ");
        assertThat(destination.messages().get(1))
                .startsWith("Received: from client.test ([127.0.0.1])\r\n by proxy.test with ESMTP ");
        assertThat(destination.heard("XFORWARD")).isEmpty();
        assertThat(destination.connections()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "EHLO client.test", "HELO client.test"})
    void what_begins_anew_forgets_it(String command) {
        client().greets().says(SAID).hears("250").says(command).hears("250").envelope();
        assertThat(seen).singleElement().asString().startsWith("client.test at /127.0.0.1:");
    }

    @Test
    void several_commands_tell_of_one_client() {
        client().greets()
                .says("XFORWARD HELO=said.test PROTO=ESMTP")
                .hears("250")
                .says("XFORWARD ADDR=192.0.2.1 HELO=other.test")
                .hears("250")
                .envelope();
        assertThat(seen).containsExactly("other.test at /192.0.2.1:0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"XFORWARD ADDR=[UNAVAILABLE]", "XFORWARD IDENT=4ABC", "XFORWARD NAME=real.test"})
    void an_address_that_is_not_said_is_unknown(String said) {
        client().greets().says(said).hears("250").envelope();
        assertThat(seen).containsExactly("unknown at unknown/0.0.0.0:0");
    }

    @Test
    void within_a_transaction_it_is_out_of_order() {
        client().greets().envelope().says(SAID).hears("503 5.5.1").says("RSET").hears("250");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "ADDR", "ADDR=300.1.1.1", "LOGIN=alice", "DESTADDR=192.0.2.1", "HELO=a+0D+0Ab", "SOURCE=X"})
    void what_is_malformed_is_501_and_changes_nothing(String argument) {
        client().greets().says("XFORWARD " + argument).hears("501").envelope();
        assertThat(seen).singleElement().asString().startsWith("client.test at /127.0.0.1:");
    }

    @Test
    void the_destinations_log_is_told_what_was_told_here() {
        destination.offers("XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
        Dialogue client = client(TRUSTING, ClientAnnouncement.XFORWARD)
                .greets()
                .says(SAID)
                .hears("250");
        delivers(delivers(client));
        assertThat(destination.heard("XFORWARD").get(0))
                .isEqualTo("XFORWARD PORT=7 PROTO=SMTP HELO=said.test IDENT=4ABC SOURCE=LOCAL NAME=real.test"
                        + " ADDR=192.0.2.1");
        assertThat(destination.heard("XFORWARD").get(1))
                .contains("HELO=client.test", "SOURCE=REMOTE NAME=[UNAVAILABLE] ADDR=127.0.0.1");
    }

    @Test
    void a_destination_that_takes_a_connection_for_one_client_gets_one_for_each() {
        destination.offers("XCLIENT ADDR HELO");
        Dialogue client =
                client(TRUSTING, ClientAnnouncement.XCLIENT).greets().says(SAID).hears("250");
        delivers(delivers(client));
        assertThat(destination.heard().stream().filter(l -> l.matches("(XCLIENT|MAIL).*")))
                .containsExactly(
                        "XCLIENT HELO=client.test ADDR=127.0.0.1",
                        "XCLIENT HELO=said.test ADDR=192.0.2.1",
                        "MAIL FROM:<a@client.test>",
                        "XCLIENT HELO=client.test ADDR=127.0.0.1",
                        "MAIL FROM:<a@client.test>");
        assertThat(destination.heard()).noneMatch(l -> l.startsWith("HELO"));
    }

    @ParameterizedTest
    @EnumSource(names = {"PROXY_V1", "PROXY_V2"})
    void a_proxy_header_is_the_clients_too(ClientAnnouncement how) {
        destination.expectsProxyHeader();
        client(TRUSTING, how).greets().says(SAID).hears("250").envelope();
        assertThat(destination.firstReads()).hasSize(2);
        assertThat(destination.firstReads().get(1))
                .contains(how == ClientAnnouncement.PROXY_V1 ? "TCP4 192.0.2.1 " : "\u00c0\0\u0002\u0001");
    }
}
