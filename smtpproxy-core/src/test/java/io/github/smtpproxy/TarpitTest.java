package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Tarpit;
import io.github.smtpproxy.throttling.Throttles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that do wrong are held, and hold no connection to a destination meanwhile. */
class TarpitTest extends ProxyTest {

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String BAD = "RCPT TO:<nobody@dest.test>";

    private final List<SmtpProxy> proxies = new ArrayList<>();
    private final List<Throttled> told = new CopyOnWriteArrayList<>();

    /** How sessions reach the destination, and when the route is known. */
    enum Way {
        SYNCHRONOUS(false, false),
        LATE(false, true),
        POOLED(true, false),
        POOLED_LATE(true, true);

        private final boolean pooled;
        private final boolean late;

        Way(boolean pooled, boolean late) {
            this.pooled = pooled;
            this.late = late;
        }
    }

    @BeforeEach
    void nobody_is_unknown() {
        destination.takesChunks().on(BAD).reply("550 5.1.1 No such user");
    }

    @AfterEach
    void close() {
        proxies.forEach(SmtpProxy::close);
    }

    private SmtpProxy start(Way way, Throttle throttle) {
        Router router = way.late
                ? Router.byRecipientDomain().route("dest.test", destination.destination())
                : Router.to(destination.destination());
        SmtpProxyBuilder builder = proxy(ENDPOINT, router).throttle(throttle).listener(new ProxyListener() {
            @Override
            public void throttled(Session session, Throttled decision) {
                told.add(decision);
            }
        });
        SmtpProxy proxy = started(way.pooled ? builder.multiplexing(Pool.max(1)) : builder);
        proxies.add(proxy);
        return proxy;
    }

    private Dialogue mailTo(SmtpProxy proxy) {
        return clientOf(proxy).greets().says("MAIL FROM:<a@client.test>").hears("250");
    }

    /** Was held behind its first refused recipient, without a connection. */
    private Dialogue letGo(Way way) {
        CompletableFuture<Void> go = new CompletableFuture<>();
        AtomicBoolean first = new AtomicBoolean(true);
        SmtpProxy proxy = start(
                way, step -> step instanceof Step.Refusal && first.getAndSet(false) ? Pace.hold(LONG, go) : Pace.go());
        Dialogue client = mailTo(proxy).says(BAD);
        awaitHeld(1);
        await().until(() -> way.pooled || destination.openConnections() == 0);
        go.complete(null);
        return client.hears("550 5.1.1");
    }

    private void awaitHeld(int sessions) {
        await().until(() -> told.size() >= sessions);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void who_is_held_behind_a_refused_recipient_holds_no_connection_and_goes_on_afterwards(Way way) {
        Dialogue client = mailTo(start(way, Tarpit.perError(Duration.ofMillis(50))));
        client.says(BAD).hears("550 5.1.1").says(BAD).hears("550 5.1.1");
        client.says("RCPT TO:<b@dest.test>").hears("250");
        client.says("DATA").hears("354").sends("Subject: a\r\n\r\n.\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("Subject: a\r\n\r\n");
        assertThat(destination.heard("MAIL")).hasSize(way.pooled ? 3 : 1).allMatch("MAIL FROM:<a@client.test>"::equals);
        assertThat(destination.connections()).isEqualTo(way == Way.SYNCHRONOUS ? 1 : 2);
        assertThat(told).extracting(Throttled::delay).containsExactly(Duration.ofMillis(50), Duration.ofMillis(100));
        client.says("QUIT").hears("221");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void who_is_let_go_sends_its_mail_on_another_connection(Way way) {
        Dialogue client = letGo(way).says("RCPT TO:<b@dest.test>").hears("250");
        client.says("DATA").hears("354").sends("Subject: a\r\n\r\n.\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("Subject: a\r\n\r\n");
        client.says("QUIT").hears("221");
    }

    @ParameterizedTest
    @EnumSource(names = {"POOLED", "POOLED_LATE"})
    void others_use_the_only_connection_meanwhile(Way way) {
        SmtpProxy proxy = start(way, Tarpit.perError(LONG).upTo(LONG));
        Dialogue held = mailTo(proxy).says(BAD);
        awaitHeld(1);
        Dialogue good = mailTo(proxy).says("RCPT TO:<b@dest.test>").hears("250");
        good.says("DATA").hears("354").sends("Subject: good\r\n\r\n.\r\n").hears("250");
        held.close();
        assertThat(destination.messages()).containsExactly("Subject: good\r\n\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"SYNCHRONOUS", "LATE"})
    void a_session_with_a_connection_of_its_own_closes_it(Way way) {
        SmtpProxy proxy = start(way, Tarpit.perError(LONG).upTo(LONG));
        Dialogue held = mailTo(proxy).says(BAD);
        awaitHeld(1);
        await().until(() -> destination.openConnections() == 0);
        held.close();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void who_has_a_recipient_that_was_accepted_is_not_held(Way way) {
        Dialogue client = mailTo(start(way, Tarpit.perError(LONG).upTo(LONG)));
        client.says("RCPT TO:<b@dest.test>").hears("250").says(BAD).hears("550 5.1.1");
        client.says("DATA").hears("354").sends("Subject: a\r\n\r\n.\r\n").hears("250");
        assertThat(destination.messages()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void what_follows_a_transaction_whose_recipients_were_all_refused(Way way) {
        SmtpProxy proxy = start(way, Tarpit.perError(Duration.ofMillis(20)));
        Dialogue client = mailTo(proxy).says(BAD).hears("550");
        client.says("DATA").hears("554 5.5.1").sends("BDAT 6 LAST\r\nA: b\r\n").hears("5");
        client.says("RSET").hears("250").says("NOOP").hears("250");
        client.envelope()
                .says("DATA")
                .hears("354")
                .sends("Subject: a\r\n\r\n.\r\n")
                .hears("250");
        client.says("QUIT").hears("221").hearsTheEnd();
        assertThat(destination.messages()).containsExactly("Subject: a\r\n\r\n");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_destination_that_refuses_the_sender_now_refuses_the_recipient(Way way) {
        Dialogue client = letGo(way);
        destination.on("MAIL").reply("450 4.7.1 Not now");
        client.says("RCPT TO:<b@dest.test>").hearsLine("450 4.7.1 Not now");
        client.says("DATA").hears("5");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void delays_grow_to_their_limit_and_errors_may_be_free() {
        Tarpit tarpit = Tarpit.perError(Duration.ofMillis(10)).after(1).upTo(Duration.ofMillis(25));
        Dialogue client = mailTo(start(Way.SYNCHRONOUS, tarpit));
        for (int i = 0; i < 5; i++) {
            client.says(BAD).hears("550");
        }
        assertThat(told).extracting(t -> t.delay().toMillis()).containsExactly(10L, 20L, 25L, 25L);
    }

    @Test
    void the_one_that_is_held_longest_is_let_go_for_one_more() {
        SmtpProxy proxy = start(Way.POOLED, Tarpit.perError(LONG).upTo(LONG).holding(2));
        List<Dialogue> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(mailTo(proxy).says(BAD));
            awaitHeld(i + 1);
        }
        clients.get(0).hears("550 5.1.1").close();
        clients.forEach(Dialogue::close);
    }

    @Test
    void commands_of_clients_that_the_host_names_are_slow() {
        Tarpit tarpit = Tarpit.perError(Duration.ofMillis(10)).also(session -> Duration.ofMillis(30));
        Dialogue client = clientOf(start(Way.SYNCHRONOUS, tarpit)).greets();
        client.says("NOOP").hears("250").says("QUIT").hears("221");
        assertThat(told).hasSizeGreaterThan(2).allMatch(t -> t.delay().toMillis() == 30);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_refusal_can_come_octet_by_octet(Way way) {
        Tarpit tarpit = Tarpit.perError(Duration.ofMillis(300)).octetByOctet();
        Dialogue client = mailTo(start(way, tarpit));
        long began = System.nanoTime();
        client.says(BAD).hearsLine("550 5.1.1 No such user");
        assertThat(System.nanoTime() - began)
                .isGreaterThan(Duration.ofMillis(290).toNanos());
        client.says("RCPT TO:<b@dest.test>").hears("250").says("QUIT").hears("221");
    }

    @Test
    void a_client_that_is_let_go_gets_the_rest_of_its_reply_at_once() {
        SmtpProxy proxy = start(
                Way.POOLED, Tarpit.perError(LONG).upTo(LONG).octetByOctet().holding(1));
        Dialogue first = mailTo(proxy).says(BAD);
        awaitHeld(1);
        Dialogue second = mailTo(proxy).says(BAD);
        first.hearsLine("550 5.1.1 No such user");
        second.close();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void another_mail_behind_a_hold_is_nested_and_goes_nowhere(Way way) {
        Dialogue client = letGo(way);
        client.says("MAIL FROM:<c@client.test>").hears("503 5.5.1");
        client.says("RCPT TO:<b@dest.test>").hears("250").says("QUIT").hears("221");
        assertThat(destination.heard("MAIL")).allMatch("MAIL FROM:<a@client.test>"::equals);
    }

    /** RFC 2920 lets a destination reply 354 where every recipient was refused. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void nobody_is_held_while_the_destination_waits_for_a_message(Way way) {
        destination.on("DATA").reply("354 Go on");
        Dialogue client = clientOf(start(way, Tarpit.perError(LONG).upTo(LONG))).greets();
        client.sends("MAIL FROM:<a@client.test>\r\n" + BAD + "\r\nDATA\r\n");
        client.hears("250").hears("550").reply();
        client.close();
        assertThat(destination.messages()).isEmpty();
    }

    /** Together as one throttle, too: where nobody can be held, the delay of the other one stays. */
    @Test
    void a_delay_beside_a_tarpit_stays_where_nobody_is_held() {
        Throttle slow = step -> step instanceof Step.Refusal ? Pace.after(Duration.ofMillis(200)) : Pace.go();
        Throttle both = Throttles.all(slow, Tarpit.perError(LONG).upTo(LONG));
        Dialogue client = mailTo(start(Way.SYNCHRONOUS, both));
        client.says("RCPT TO:<b@dest.test>").hears("250");
        long began = System.nanoTime();
        client.says(BAD).hears("550 5.1.1");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(190));
    }

    /** A throttle that counts who asks it to tell when a client is let go. */
    @Test
    void a_reply_octet_by_octet_asks_once_when_its_client_is_let_go() {
        AtomicInteger asked = new AtomicInteger();
        Throttle slow = step -> step instanceof Step.Refusal
                ? Pace.hold(Duration.ofMillis(100), new CompletableFuture<Void>() {
                            @Override
                            public CompletableFuture<Void> whenComplete(
                                    BiConsumer<? super Void, ? super Throwable> action) {
                                asked.incrementAndGet();
                                return super.whenComplete(action);
                            }
                        })
                        .octetByOctet()
                : Pace.go();
        mailTo(start(Way.SYNCHRONOUS, slow)).says(BAD).hears("550 5.1.1");
        assertThat(asked).hasValue(1);
    }

    @Test
    void a_pipelined_group_is_held_once_it_is_answered() {
        Dialogue client = mailTo(start(Way.POOLED, Tarpit.perError(Duration.ofMillis(10))));
        client.sends((BAD + "\r\n").repeat(3)).hears("550").hears("550").hears("550");
        client.says("RCPT TO:<b@dest.test>").hears("250").says("RSET").hears("250");
    }
}
