package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions that lease connections of a pool. */
@Timeout(60)
class MultiplexingTest extends PoolTest {

    private static final Pool ONE = Pool.max(1);

    private final List<Outcome.Result> outcomes = new CopyOnWriteArrayList<>();

    private final ProxyListener events = new ProxyListener() {
        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            outcomes.add(outcome.result());
        }
    };

    private SmtpProxy pooled(Pool pool) {
        return pooled(pool, Router.to(destination.destination()));
    }

    private SmtpProxy pooled(Pool pool, Router router) {
        return pooled(pool, proxy(ENDPOINT, router).listener(events));
    }

    private static Dialogue sends(Dialogue client) {
        return client.envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok: queued as T1");
    }

    private static Router late(Target target) {
        return new Router() {
            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.to(target);
            }

            @Override
            public Set<Target> reach() {
                return Set.of(target);
            }
        };
    }

    /** Those that carried mail: one more asks for what the destination offers. */
    private long mailConnections() {
        return destination.connections() - 1L;
    }

    @Test
    void sessions_share_a_connection_and_none_of_them_ends_it() {
        SmtpProxy proxy = pooled(ONE);
        for (int i = 0; i < 5; i++) {
            Dialogue client = clientOf(proxy).hearsLine("220 proxy.test ESMTP").says("EHLO client" + i + ".test");
            assertThat(client.reply())
                    .anyMatch(line -> line.contains("8BITMIME"))
                    .noneMatch(l -> l.contains("dest.test"));
            sends(sends(client))
                    .says("NOOP")
                    .hears("250")
                    .says("QUIT")
                    .hears("221")
                    .hearsTheEnd();
        }
        assertThat(destination.messages()).hasSize(10);
        assertThat(mailConnections()).isEqualTo(1);
        assertThat(destination.heard("EHLO")).containsOnly("EHLO proxy.test");
        assertThat(destination.heard("NOOP")).isEmpty();
        assertThat(discarded).isEmpty();
    }

    @Test
    void a_transaction_waits_for_a_connection_that_another_one_gives_back() {
        SmtpProxy proxy = pooled(ONE);
        Dialogue first = clientOf(proxy).greets().envelope();
        Dialogue second = clientOf(proxy).greets().says("MAIL FROM:<second@client.test>");
        first.says("RSET").hears("250 2.0.0 Reset");
        second.hears("250 2.1.0").says("RCPT TO:<b@dest.test>").hears("250");
        Dialogue third = clientOf(proxy).greets().says("MAIL FROM:<third@client.test>");
        second.says("QUIT").hears("221").hearsTheEnd();
        third.hears("250 2.1.0");
        assertThat(mailConnections()).isEqualTo(1);
        assertThat(destination.heard())
                .containsSubsequence("MAIL FROM:<second@client.test>", "RSET", "MAIL FROM:<third@client.test>");
    }

    @Test
    void who_waits_too_long_or_behind_too_many_comes_again_later() {
        SmtpProxy proxy = pooled(ONE.waiting(Duration.ofMillis(100)));
        Dialogue first = clientOf(proxy).greets().envelope();
        Dialogue second =
                clientOf(proxy).greets().says("MAIL FROM:<s@client.test>").hears("451 4.3.2");
        second.says("RCPT TO:<b@dest.test>").hears("503");
        first.says("RSET").hears("250");
        sends(second);
    }

    @Test
    void who_waits_for_a_server_that_is_drained_meanwhile_gets_no_new_connection_to_it() {
        SmtpProxy proxy = pooled(ONE);
        Dialogue first = clientOf(proxy).greets().envelope();
        Dialogue second = clientOf(proxy).greets().says("MAIL FROM:<s@client.test>");
        await().until(() -> proxy.pools().get(0).waiting() == 1);
        int before = destination.connections();
        proxy.drain(destination.destination());
        first.says("RSET").hears("250");
        second.hears("451 4.4.1");
        assertThat(destination.connections()).isEqualTo(before);
    }

    @Test
    void the_line_is_bounded() {
        SmtpProxy proxy = pooled(ONE.maxWaiting(1));
        Dialogue first = clientOf(proxy).greets().envelope();
        Dialogue second = clientOf(proxy).greets().says("MAIL FROM:<s@client.test>");
        await().until(() -> {
            Dialogue third = clientOf(proxy).greets().says("MAIL FROM:<t@client.test>");
            return third.reply().get(0).startsWith("451 4.3.2");
        });
        first.says("RSET").hears("250");
        second.hears("250");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_client_that_goes_in_the_middle_leaves_nothing_behind(boolean resets) {
        SmtpProxy proxy = pooled(ONE);
        Dialogue gone = clientOf(proxy).greets().envelope();
        if (resets) {
            gone.resets();
        } else {
            gone.closes();
        }
        sends(clientOf(proxy).greets());
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(outcomes).containsExactly(Outcome.Result.ABORTED, Outcome.Result.DELIVERED);
        assertThat(discarded).isEmpty();
        assertThat(mailConnections()).isEqualTo(1);
    }

    @Test
    void a_client_that_goes_in_mid_message_costs_the_connection() {
        SmtpProxy proxy = pooled(ONE);
        clientOf(proxy)
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("half")
                .closes();
        sends(clientOf(proxy).greets());
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(discarded).containsExactly(Discard.LOST);
        assertThat(mailConnections()).isEqualTo(2);
    }

    @Test
    void what_nobody_asked_for_ends_a_connection() {
        destination.on(".").reply("250 2.0.0 Ok: queued as T1\r\n250 2.0.0 and once more");
        SmtpProxy proxy = pooled(ONE);
        clientOf(proxy).greets().envelope().says("DATA").hears("354").says(".").hears("250");
        await().until(() -> !discarded.isEmpty());
        destination.on(".").reply("250 2.0.0 Ok: queued as T1");
        sends(clientOf(proxy).greets());
        assertThat(discarded).containsExactly(Discard.UNASKED);
    }

    @Test
    void a_connection_that_does_not_take_rset_is_not_lent_again() {
        SmtpProxy proxy = pooled(ONE);
        Dialogue gone = clientOf(proxy).greets().envelope();
        destination.on("RSET").reply("451 4.3.0 dest.test does not forget");
        gone.closes();
        await().until(() -> !discarded.isEmpty());
        assertThat(discarded).containsExactly(Discard.NOT_RESET);
        sends(clientOf(proxy).greets());
        assertThat(mailConnections()).isEqualTo(2);
    }

    @Test
    void one_that_the_server_closed_while_nobody_used_it_is_replaced_unseen() {
        SmtpProxy proxy = pooled(ONE);
        sends(clientOf(proxy).greets());
        destination.closeConnections();
        await().until(() -> destination.openConnections() == 0);
        sends(clientOf(proxy).greets());
        assertThat(destination.messages()).hasSize(2);
        assertThat(proxy.destinations()).allMatch(d -> d.failed() == 0);
    }

    @Test
    void another_kind_of_connection_takes_the_place_of_one_that_nobody_uses() {
        Destination named = destination.destination().helloName(HelloName.of("other.test"));
        Router router = Router.byRecipientDomain()
                .route("one.test", destination.destination())
                .route("two.test", named);
        SmtpProxy proxy = pooled(ONE, router);
        for (int i = 0; i < 2; i++) {
            for (String domain : List.of("one.test", "two.test")) {
                Dialogue client = clientOf(proxy)
                        .greets()
                        .says("MAIL FROM:<a@client.test>")
                        .hears("250")
                        .says("RCPT TO:<b@" + domain + ">")
                        .hears("250");
                client.says("DATA").hears("354").says(".").hears("250");
            }
        }
        assertThat(discarded).containsExactly(Discard.EVICTED, Discard.EVICTED, Discard.EVICTED);
        assertThat(destination.heard("EHLO other.test")).hasSizeGreaterThanOrEqualTo(2);
        assertThat(destination.openConnections()).isEqualTo(1);
    }

    @Test
    void a_connection_is_used_as_often_as_the_server_and_the_pool_allow() {
        destination.offers("LIMITS MAILMAX=2");
        SmtpProxy proxy = pooled(ONE.transactions(3));
        Dialogue client = clientOf(proxy).greets();
        for (int i = 0; i < 4; i++) {
            sends(client);
        }
        assertThat(discarded).containsExactly(Discard.USED_UP, Discard.USED_UP);
    }

    @ParameterizedTest
    @ValueSource(strings = {"MAIL", "RCPT", "DATA", "."})
    void a_connection_that_is_lost_ends_the_transaction_and_not_the_session(String at) {
        SmtpProxy proxy = pooled(ONE);
        Dialogue client = clientOf(proxy).greets();
        destination.on(at).fail(Fault.CLOSE);
        List<String> replies = new ArrayList<>();
        for (String line : List.of("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA")) {
            replies.add(client.says(line).reply().get(0));
        }
        if (replies.get(2).startsWith("354")) {
            replies.add(client.says("hello").says(".").reply().get(0));
        }
        assertThat(replies).anyMatch(reply -> reply.startsWith("451 4.4.2"));
        destination.on("MAIL").reply("250 2.1.0 Sender ok");
        destination.on("RCPT").reply("250 2.1.5 Recipient ok");
        destination.on("DATA").reply("354 go on");
        destination.on(".").reply("250 2.0.0 Ok: queued as T1");
        client.says("RSET").hears("250");
        sends(client);
        assertThat(outcomes).last().isEqualTo(Outcome.Result.DELIVERED);
    }

    @Test
    void a_chunk_behind_a_lost_connection_is_refused_and_the_session_goes_on() {
        destination.takesChunks();
        SmtpProxy proxy = pooled(ONE);
        Dialogue client = clientOf(proxy).greets().envelope();
        destination.on("BDAT").fail(Fault.CLOSE);
        client.sends("BDAT 5\r\nhello")
                .hears("451 4.4.2")
                .sends("BDAT 5 LAST\r\nhello")
                .hears("451 4.4.2");
        destination.on("BDAT").reply("250 2.0.0 Chunk taken");
        client.envelope().sends("BDAT 5 LAST\r\nhello").hears("250");
        assertThat(destination.messages()).containsExactly("hello");
    }

    @Test
    void mail_and_the_first_recipient_leave_together_where_the_route_is_late() {
        destination.on("MAIL").reply("450 4.1.8 dest.test does not like the sender");
        SmtpProxy proxy = pooled(ONE, late(destination.destination()));
        Dialogue client = clientOf(proxy).greets();
        client.saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>")
                .hears("450 4.1.8 dest.test does not like the sender")
                .hears("503");
        client.says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>")
                .hears("450 4.1.8")
                .says("RCPT TO:<c@dest.test>")
                .hears("450 4.1.8");
        client.says("RSET").hears("250");
        destination.on("MAIL").reply("250 2.1.0 Sender ok");
        sends(client);
        assertThat(destination.groups()).contains(2);
        assertThat(destination.messages()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = ClientAnnouncement.class,
            names = {"PROXY_V1", "PROXY_V2"})
    void a_connection_that_names_a_client_is_not_shared(ClientAnnouncement how) {
        destination.expectsProxyHeader();
        SmtpProxy proxy = pooled(ONE, Router.to(destination.destination().announce(how)));
        sends(sends(clientOf(proxy).greets()));
        assertThat(discarded).containsExactly(Discard.ONE_CLIENT, Discard.ONE_CLIENT);
    }

    @Test
    void the_transcript_of_a_leased_connection_carries_its_session() {
        List<String> lines = new CopyOnWriteArrayList<>();
        SmtpProxy proxy = pooled(ONE, proxy(ENDPOINT).transcript((session, lane, fromProxy, line) -> {
            if (line.startsWith("MAIL FROM")) {
                lines.add(session + " " + lane);
            }
        }));
        sends(clientOf(proxy).greets());
        sends(clientOf(proxy).greets());
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0).split(" ")[0]).isEqualTo(lines.get(1).split(" ")[0]);
        assertThat(lines.get(2).split(" ")[0])
                .isEqualTo(lines.get(3).split(" ")[0])
                .isNotEqualTo(lines.get(0).split(" ")[0]);
    }

    @Test
    void an_idle_connection_is_closed() {
        SmtpProxy proxy = pooled(ONE.idle(Duration.ofMillis(50)));
        sends(clientOf(proxy).greets());
        await().until(() -> destination.openConnections() == 0);
        assertThat(discarded).containsExactly(Discard.IDLE);
        assertThat(destination.heard("QUIT")).isNotEmpty();
    }

    @Test
    void a_destination_that_cannot_be_reached_is_told_for_the_transaction() {
        SmtpProxy proxy = pooled(ONE, Router.to(Destination.at("127.0.0.1", 1)));
        clientOf(proxy)
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("451 4.4.1")
                .says("MAIL FROM:<a@client.test>")
                .hears("451 4.4.1")
                .says("QUIT")
                .hears("221");
    }

    @Test
    void who_waits_is_let_go_when_the_proxy_ends() {
        SmtpProxy proxy = pooled(ONE);
        clientOf(proxy).greets().envelope();
        Dialogue waits = clientOf(proxy).greets().says("MAIL FROM:<a@client.test>");
        proxy.close();
        waits.rest();
        assertThat(proxy.isRunning()).isFalse();
    }

    @Test
    void a_server_that_does_not_answer_rset_holds_nobody_when_the_proxy_ends() {
        SmtpProxy proxy = pooled(ONE);
        Dialogue gone = clientOf(proxy).greets().envelope();
        destination.on("RSET").fail(Fault.STALL);
        gone.closes();
        await().until(() -> destination.heard("RSET").size() == 1);
        proxy.close();
        await().until(() -> destination.openConnections() == 0);
        assertThat(outcomes).containsExactly(Outcome.Result.ABORTED);
    }

    @Test
    void many_sessions_share_few_connections_and_each_message_arrives_once() throws Exception {
        SmtpProxy proxy = pooled(Pool.max(4));
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int number = i;
            Thread client = new Thread(() -> {
                Dialogue dialogue = Dialogue.with(proxy.address()).greets();
                for (int n = 0; n < 5; n++) {
                    dialogue.envelope()
                            .says("DATA")
                            .hears("354")
                            .says("m" + number + "-" + n)
                            .says(".")
                            .hears("250");
                }
                dialogue.says("QUIT").hears("221").close();
            });
            client.start();
            clients.add(client);
        }
        for (Thread client : clients) {
            client.join();
        }
        assertThat(destination.messages()).hasSize(200).doesNotHaveDuplicates();
        assertThat(mailConnections()).isLessThanOrEqualTo(4);
    }

    @Test
    void an_endpoint_of_its_own_shares_the_pool() {
        Endpoint second = Endpoint.at("127.0.0.1", 0).hostname("proxy.test").received(false);
        SmtpProxy proxy = pooled(ONE, proxy(ENDPOINT).listen(second));
        sends(Dialogue.with(proxy.addresses().get(0)).greets()).close();
        sends(Dialogue.with(proxy.addresses().get(1)).greets()).close();
        assertThat(mailConnections()).isEqualTo(1);
    }

    private static final String PLAIN = "AUTH PLAIN AGFsaWNlAHNlc2FtZQ==";

    @Test
    void a_client_that_logs_in_at_the_destination_has_a_connection_of_its_own() {
        destination.offers("AUTH PLAIN").on("AUTH").reply("235 2.7.0 Welcome");
        SmtpProxy proxy = pooled(ONE);
        Dialogue alice = clientOf(proxy).hears("220").says("EHLO client.test");
        assertThat(alice.reply()).anyMatch(line -> line.endsWith("AUTH PLAIN"));
        alice.says(PLAIN).hearsLine("235 2.7.0 Welcome");
        sends(alice);
        sends(alice);
        // the only place of the pool is free, and its connection is not that of the login
        sends(clientOf(proxy).hears("220").says("EHLO other.test").hears("250"));
        assertThat(destination.heard("AUTH")).containsExactly(PLAIN);
        assertThat(destination.heard("EHLO")).contains("EHLO client.test");
        alice.says("QUIT").hearsLine("221 2.0.0 Bye from dest.test").hearsTheEnd();
        assertThat(destination.messages()).hasSize(3);
    }

    @Test
    void a_refused_login_leaves_the_session_as_it_was_and_a_lost_one_ends_it() {
        destination.offers("AUTH PLAIN").on("AUTH").reply("535 5.7.8 No");
        Dialogue client =
                clientOf(pooled(ONE)).hears("220").says("EHLO client.test").hears("250");
        client.says(PLAIN).hearsLine("535 5.7.8 No");
        destination.on("AUTH").reply("235 2.7.0 Welcome");
        client.says(PLAIN).hears("235").envelope();
        destination.closeConnections();
        client.says("DATA").hears("421 4.4.2").hearsTheEnd();
    }

    @Test
    void a_login_within_a_transaction_is_out_of_order() {
        destination.offers("AUTH PLAIN").on("AUTH").reply("235 2.7.0 Welcome");
        Dialogue client = clientOf(pooled(ONE))
                .hears("220")
                .says("EHLO client.test")
                .hears("250")
                .envelope();
        client.says(PLAIN)
                .hears("503 5.5.1")
                .says("RSET")
                .hears("250")
                .says(PLAIN)
                .hears("235");
        assertThat(destination.heard("AUTH")).hasSize(1);
    }

    @Test
    void a_login_is_not_offered_where_the_proxy_logs_in_or_the_route_is_not_known() {
        destination.offers("AUTH PLAIN");
        Router late = Router.byRecipientDomain().otherwise(destination.destination());
        Dialogue client = clientOf(pooled(ONE, late)).hears("220").says("EHLO client.test");
        assertThat(client.reply()).noneMatch(line -> line.contains("AUTH"));
        client.says(PLAIN).hears("502");
    }

    @Test
    void a_secret_does_not_travel_in_plaintext_because_the_destination_is_encrypted() {
        destination.startTls(Certificate.LOCAL.shown()).offersInTls("AUTH PLAIN");
        Router secure = Router.to(destination.destination().startTls(StartTls.REQUIRED));
        Dialogue client = clientOf(pooled(ONE, secure)).hears("220").says("EHLO client.test");
        assertThat(client.reply()).noneMatch(line -> line.contains("AUTH"));
        client.says(PLAIN).hears("538 5.7.11");
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @Test
    void a_destination_that_is_gone_at_a_login_leaves_the_session_with_the_pool() {
        destination.offers("AUTH PLAIN").on("AUTH").reply("235 2.7.0 Welcome");
        Dialogue client =
                clientOf(pooled(ONE)).hears("220").says("EHLO client.test").hears("250");
        destination.on("connect").reply("421 4.3.2 Later");
        client.says(PLAIN).hears("451 4.4.1").says("NOOP").hears("250");
        destination.on("connect").reply("220 dest.test");
        sends(client);
    }

    @Test
    void a_last_chunk_for_nobody_touches_its_connection_no_more_once_it_is_given_back() {
        destination.takesChunks().on("RCPT").reply("550 5.1.1 Nobody");
        Dialogue client =
                clientOf(pooled(ONE)).hears("220").says("EHLO client.test").hears("250");
        client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550");
        client.says("BDAT 0 LAST").hears("5");
        client.says("MAIL FROM:<c@client.test>").hears("250");
        List<String> heard = destination.heard();
        assertThat(heard.subList(heard.indexOf("BDAT 0 LAST"), heard.size()))
                .as("RSET of its end, RSET before it is lent again")
                .containsExactly("BDAT 0 LAST", "RSET", "RSET", "MAIL FROM:<c@client.test>");
    }
}
