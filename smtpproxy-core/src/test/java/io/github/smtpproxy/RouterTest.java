package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import io.github.smtpproxy.testing.ScriptedDestination;
import org.junit.jupiter.api.Test;

/** Where transactions go. */
class RouterTest extends ProxyTest {

    private final ScriptedDestination other = anotherDestination();

    private Dialogue hello(Router router) {
        return clientOf(proxy(ENDPOINT, router))
                .hearsLine("220 proxy.test ESMTP")
                .says("EHLO client.test")
                .hears("250");
    }

    private Router byRecipient() {
        return Router.byRecipientDomain()
                .route("one.test", destination.destination())
                .route("two.test", other.destination());
    }

    @Test
    void the_senders_domain_says_where_it_goes() {
        Dialogue client = hello(Router.bySenderDomain()
                .route("one.test", destination.destination())
                .route("two.test", other.destination()));
        client.says("MAIL FROM:<a@TWO.test>")
                .hearsLine("250 2.1.0 Sender ok")
                .says("RCPT TO:<b@anywhere.test>")
                .hearsLine("250 2.1.5 Recipient ok")
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok: queued");
        assertThat(other.messages()).hasSize(1);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void an_unknown_senders_domain_is_refused_at_mail_and_the_session_goes_on() {
        hello(Router.bySenderDomain().route("one.test", destination.destination()))
                .says("MAIL FROM:<a@elsewhere.test>")
                .hearsLine("550 5.7.1 Relaying denied")
                .says("MAIL FROM:<a@one.test>")
                .hears("250");
    }

    @Test
    void the_null_sender_goes_where_all_others_go() {
        hello(Router.bySenderDomain()
                        .route("one.test", destination.destination())
                        .otherwise(other.destination()))
                .says("MAIL FROM:<>")
                .hears("250");
        assertThat(other.heard("MAIL")).containsExactly("MAIL FROM:<>");
    }

    @Test
    void the_recipients_domain_says_where_it_goes() {
        hello(byRecipient())
                .says("MAIL FROM:<a@client.test> SIZE=100")
                .hearsLine("250 2.1.0 Ok")
                .says("RCPT TO:<b@Two.Test>")
                .hearsLine("250 2.1.5 Recipient ok")
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
        assertThat(other.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test> SIZE=100");
        assertThat(other.messages()).containsExactly("hello\r\n");
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void a_recipient_of_another_destination_is_452_4_5_3_and_goes_in_a_transaction_of_its_own() {
        Dialogue client = hello(byRecipient())
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@one.test>")
                .hears("250")
                .says("RCPT TO:<b@two.test>")
                .hears("452 4.5.3 ")
                .says("RCPT TO:<c@one.test>")
                .hears("250")
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
        client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@two.test>")
                .hears("250")
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@one.test>", "RCPT TO:<c@one.test>");
        assertThat(other.heard("RCPT")).containsExactly("RCPT TO:<b@two.test>");
        assertThat(destination.messages()).hasSize(1);
        assertThat(other.messages()).hasSize(1);
    }

    @Test
    void an_unknown_recipients_domain_is_refused_and_leaves_the_others() {
        hello(byRecipient())
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@elsewhere.test>")
                .hearsLine("550 5.7.1 Relaying denied")
                .says("RCPT TO:<b@one.test>")
                .hears("250");
    }

    @Test
    void a_refusal_of_choice_is_told() {
        hello(Router.byRecipientDomain()
                        .route("one.test", destination.destination())
                        .otherwise(Reply.defer("4.4.4", "Not today")))
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@elsewhere.test>")
                .hearsLine("451 4.4.4 Not today");
    }

    @Test
    void ehlo_offers_what_every_destination_in_reach_can_carry() {
        other.on("EHLO").reply("250-other.test", "250-SIZE 5000", "250-PIPELINING", "250 DSN");
        Dialogue client = clientOf(proxy(ENDPOINT, byRecipient())).hears("220").says("EHLO client.test");
        assertThat(client.reply())
                .startsWith("250-proxy.test")
                .anyMatch(l -> l.endsWith("SIZE 5000"))
                .anyMatch(l -> l.endsWith("DSN"))
                .noneMatch(l -> l.contains("SMTPUTF8"));
    }

    @Test
    void a_group_to_a_late_destination_is_answered_in_order() {
        hello(byRecipient())
                .saysTogether(
                        "MAIL FROM:<a@client.test>",
                        "RCPT TO:<b@one.test>",
                        "RCPT TO:<b@two.test>",
                        "RCPT TO:<b@three.test>",
                        "DATA")
                .hearsLine("250 2.1.0 Sender ok")
                .hearsLine("250 2.1.5 Recipient ok")
                .hears("452 4.5.3")
                .hears("550 5.7.1")
                .hears("354")
                .says(".")
                .hears("250");
    }

    @Test
    void a_router_can_refuse_the_session() {
        clientOf(proxy(ENDPOINT, new Router() {
                    @Override
                    public Route connect(Session session) {
                        return Route.refuse(Reply.refusal(554, "5.7.1", "Not for you"));
                    }

                    @Override
                    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                        return Route.undecided();
                    }
                }))
                .hearsLine("554 5.7.1 Not for you")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
    }

    @Test
    void a_router_that_throws_at_connect_is_451_4_3_0_and_ends_the_session() {
        Dialogue client = clientOf(proxy(ENDPOINT, new Router() {
            @Override
            public Route connect(Session session) {
                throw new IllegalStateException("secret of the inside");
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.to(destination.destination());
            }
        }));
        assertThat(client.reply())
                .singleElement()
                .asString()
                .startsWith("451 4.3.0 ")
                .doesNotContain("secret");
        client.hearsTheEnd();
        assertThat(destination.connections()).isZero();
        assertThat(LoggedTraces.taken()).singleElement().asString().contains(" failed at ");
    }

    @Test
    void a_router_undecided_to_the_end_is_451_4_4_4() {
        clientOf(proxy(ENDPOINT, (session, mail, rcpt) -> Route.undecided()))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@one.test>")
                .hears("451 4.4.4 ");
    }

    @Test
    void a_router_that_throws_is_451_4_3_0() {
        Dialogue client = clientOf(proxy(ENDPOINT, (session, mail, rcpt) -> {
                    throw new IllegalStateException("secret of the inside");
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@one.test>");
        assertThat(client.reply())
                .singleElement()
                .asString()
                .startsWith("451 4.3.0 ")
                .doesNotContain("secret");
        assertThat(LoggedTraces.taken()).singleElement().asString().contains(" failed at ");
    }

    @Test
    void data_without_a_routed_recipient_is_refused() {
        Dialogue client = hello(byRecipient())
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("DATA");
        assertThat(client.reply().get(0)).startsWith("5");
        assertThat(destination.heard("DATA")).isEmpty();
    }

    private static final Destination NOWHERE = Destination.at("127.0.0.1", 1);

    private static Router undecided() {
        return (session, mail, rcpt) -> Route.undecided();
    }

    @Test
    void the_first_router_that_decides_counts_and_none_overtakes_one_that_may_decide_later() {
        Router router = Router.firstMatch(
                Router.byRecipientDomain().route("one.test", NOWHERE).otherwiseUndecided(),
                undecided(),
                Router.to(destination.destination()));
        Dialogue client = clientOf(proxy(ENDPOINT, router)).hearsLine("220 proxy.test ESMTP");
        client.says("EHLO client.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        client.says("RCPT TO:<b@one.test>")
                .hears("451 4.4.1")
                .says("RCPT TO:<b@two.test>")
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@two.test>");
    }

    @Test
    void where_no_router_decides_the_recipient_is_deferred() {
        clientOf(proxy(ENDPOINT, Router.firstMatch(undecided(), undecided())))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@one.test>")
                .hears("451 4.4.4");
    }

    @Test
    void sessions_are_told_apart_by_where_they_come_from() {
        Endpoint other = Endpoint.at("127.0.0.1", 0).named("other").hostname("proxy.test");
        Router router = Router.firstMatch(
                Router.to(NOWHERE, session -> session.endpoint().equals("other")),
                Router.to(destination.destination()));
        SmtpProxy proxy = started(proxy(ENDPOINT, router).listen(other));
        try (Dialogue client = Dialogue.with(proxy.addresses().get(1))) {
            client.hears("421 4.4.1");
        }
        try (Dialogue client = Dialogue.with(proxy.addresses().get(0))) {
            client.greets().envelope();
        }
        assertThat(destination.heard("RCPT")).hasSize(1);
    }

    @Test
    void an_address_goes_elsewhere_than_its_domain() {
        Router router = Router.byRecipientDomain()
                .route("dest.test", destination.destination())
                .address("boss@DEST.test", NOWHERE);
        clientOf(proxy(ENDPOINT, router))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<boss@dest.test>")
                .hears("451 4.4.1")
                .says("RCPT TO:<Boss@dest.test>")
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<Boss@dest.test>");
    }
}
