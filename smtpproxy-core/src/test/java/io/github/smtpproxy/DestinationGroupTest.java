package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.Balancer.Candidate;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.DestinationStatus.State;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The servers of a group are tried in order, and what the proxy tells of them. */
@Timeout(60)
class DestinationGroupTest extends ProxyTest {

    private final ScriptedDestination other = anotherDestination();
    private final Target group = DestinationGroup.of(destination.destination(), other.destination());
    private final CapturedLog log = new CapturedLog();

    @AfterEach
    void close() {
        log.close();
    }

    /** When the router decides. */
    private enum Decided {
        CONNECT,
        MAIL,
        RCPT;

        Router router(Target target) {
            Route there = Route.to(target);
            return new Router() {
                @Override
                public Route connect(Session session) {
                    return Decided.this == CONNECT ? there : Route.undecided();
                }

                @Override
                public Route mail(Session session, MailFrom mail) {
                    return Decided.this == MAIL ? there : Route.undecided();
                }

                @Override
                public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                    return there;
                }
            };
        }
    }

    private SmtpProxy proxy(Decided when) {
        return started(proxy(ENDPOINT, when.router(group)));
    }

    private static Dialogue sendsMessage(Dialogue client) {
        return client.envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: x")
                .says("")
                .says(".")
                .hears("250");
    }

    @ParameterizedTest
    @EnumSource(Decided.class)
    void the_first_is_taken_if_it_greets(Decided when) {
        sendsMessage(clientOf(proxy(when)).greets());
        assertThat(destination.messages()).hasSize(1);
        assertThat(other.connections()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Decided.class)
    void the_next_is_taken_where_one_rejects_the_connection(Decided when) {
        destination.on("connect").reply("421 4.3.2 dest.test is full");
        SmtpProxy proxy = proxy(when);
        Dialogue client = clientOf(proxy).greets().envelope();
        assertThat(proxy.destinations())
                .containsExactlyInAnyOrder(
                        DestinationStatus.of(destination.destination(), 0, false)
                                .counts(0, 1),
                        DestinationStatus.of(other.destination(), 1, true).counts(1, 0));
        client.says("RCPT TO:<c@dest.test>").hears("250").says("DATA").hears("354");
        client.says(".").hears("250");
        assertThat(other.messages()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Decided.class)
    void the_next_is_taken_where_one_is_gone(Decided when) {
        destination.on("connect").fail(Fault.CLOSE);
        sendsMessage(clientOf(proxy(when)).greets());
        assertThat(other.messages()).hasSize(1);
        assertThat(log.lines(Level.WARN)).singleElement().asString().contains("lost while waiting for greeting");
    }

    @Test
    void the_greeting_is_that_of_the_last_where_none_is_positive() {
        destination.on("connect").reply("421 4.3.2 dest.test is full");
        other.on("connect").reply("554 5.3.2 dest.test takes no mail");
        clientOf(proxy(Decided.CONNECT)).hearsLine("554 5.3.2 dest.test takes no mail");
    }

    @Test
    void a_session_stays_on_the_one_where_it_began() {
        destination.on("connect").reply("421 4.3.2 dest.test is full");
        Dialogue client = clientOf(proxy(Decided.CONNECT)).greets();
        destination.on("connect").reply("220 dest.test ESMTP");
        sendsMessage(client);
        client.envelope().says("DATA").hears("354").sends("bare\n\r\n.\r\n").hears("550 5.5.2");
        sendsMessage(client);
        assertThat(other.messages()).hasSize(2);
        assertThat(other.connections()).isEqualTo(2);
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void a_destination_that_is_gone_is_not_reachable_until_it_greets() {
        destination.on("connect").reply("421 4.3.2 dest.test is full");
        SmtpProxy proxy = started(proxy());
        assertThat(proxy.destinations()).containsExactly(DestinationStatus.of(destination.destination(), 0, true));
        clientOf(proxy).hears("421");
        await().untilAsserted(() -> assertThat(proxy.destinations())
                .containsExactly(DestinationStatus.of(destination.destination(), 0, false)
                        .counts(0, 1)));
        destination.on("connect").reply("220 dest.test ESMTP");
        clientOf(proxy).greets();
        assertThat(proxy.destinations())
                .containsExactly(
                        DestinationStatus.of(destination.destination(), 1, true).counts(1, 1));
    }

    private static ProxyListener telling(List<String> told) {
        return new ProxyListener() {
            @Override
            public void destinationChanged(DestinationStatus status) {
                told.add(status.destination().port() + " " + status.state());
            }
        };
    }

    @Test
    void a_greeting_that_refuses_for_good_is_an_answer() {
        destination.on("connect").reply("554 5.3.2 dest.test takes no mail");
        SmtpProxy proxy = proxy(Decided.CONNECT);
        for (int i = 0; i < 6; i++) {
            clientOf(proxy).hearsLine("554 5.3.2 dest.test takes no mail");
        }
        assertThat(other.connections()).isZero();
        assertThat(proxy.destinations()).allMatch(d -> d.state() == State.UP && d.failed() == 0);
    }

    @ParameterizedTest
    @EnumSource(Decided.class)
    void the_next_is_taken_where_one_refuses_ehlo_for_now(Decided when) {
        destination.on("EHLO").reply("451 4.3.2 dest.test is busy");
        sendsMessage(clientOf(proxy(when)).greets());
        assertThat(other.messages()).hasSize(1);
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Decided.class)
    void the_next_is_taken_where_one_is_gone_at_ehlo(Decided when) {
        destination.on("EHLO").fail(Fault.CLOSE);
        sendsMessage(clientOf(proxy(when)).greets());
        assertThat(other.messages()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Decided.class)
    void the_next_is_taken_where_one_cannot_do_the_tls_that_is_required(Decided when) {
        other.startTls(Certificate.LOCAL.shown());
        Target secure = DestinationGroup.of(
                destination.destination().startTls(StartTls.REQUIRED),
                other.destination().startTls(StartTls.REQUIRED));
        sendsMessage(clientOf(started(proxy(ENDPOINT, when.router(secure)))).greets());
        assertThat(other.messages()).hasSize(1);
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void ehlo_is_answered_for_now_where_no_server_takes_it() {
        destination.on("EHLO").reply("451 4.3.2 dest.test is busy");
        other.on("EHLO").reply("451 4.3.2 the other is busy");
        clientOf(proxy(Decided.CONNECT)).hears("220").says("EHLO client.test").hears("451 4.3.2 the other is busy");
    }

    @Test
    void a_spare_is_used_while_no_other_is() {
        DestinationGroup spared = DestinationGroup.of(destination.destination()).spare(other.destination());
        SmtpProxy proxy = started(proxy(ENDPOINT, Router.to(spared.balancer(Balancer.roundRobin()))));
        for (int i = 0; i < 4; i++) {
            clientOf(proxy).greets();
        }
        assertThat(other.connections()).isZero();
        destination.on("connect").fail(Fault.CLOSE);
        clientOf(proxy).greets();
        assertThat(other.connections()).isEqualTo(1);
    }

    @Test
    void one_that_fails_five_times_in_a_row_is_left_out_and_all_are_tried_where_all_are() {
        List<String> told = new CopyOnWriteArrayList<>();
        destination.on("connect").fail(Fault.CLOSE);
        SmtpProxy proxy = started(proxy(ENDPOINT, Router.to(group)).listener(telling(told)));
        for (int i = 0; i < 8; i++) {
            clientOf(proxy).greets();
        }
        assertThat(destination.connections()).isEqualTo(5);
        assertThat(told).containsExactly(destination.destination().port() + " EJECTED");
        other.on("connect").fail(Fault.CLOSE);
        for (int i = 0; i < 5; i++) {
            clientOf(proxy).hears("421");
        }
        assertThat(told).hasSize(2);
        destination.on("connect").reply("220 dest.test ESMTP");
        clientOf(proxy).greets();
        assertThat(told).last().isEqualTo(destination.destination().port() + " RETURNING");
    }

    @Test
    void one_that_greets_and_defers_ehlo_each_time_is_left_out_too() {
        List<String> told = new CopyOnWriteArrayList<>();
        destination.on("EHLO").reply("451 4.3.2 dest.test is busy");
        SmtpProxy proxy = started(proxy(ENDPOINT, Router.to(group)).listener(telling(told)));
        for (int i = 0; i < 8; i++) {
            sendsMessage(clientOf(proxy).greets());
        }
        assertThat(destination.connections()).isEqualTo(5);
        assertThat(told).containsExactly(destination.destination().port() + " EJECTED");
    }

    @Test
    void a_destination_is_drained_and_resumed() {
        SmtpProxy proxy = proxy(Decided.CONNECT);
        Dialogue before = clientOf(proxy).greets();
        proxy.drain(destination.destination());
        assertThat(proxy.destinations())
                .filteredOn(d -> d.state() == State.DRAINED)
                .extracting(DestinationStatus::destination)
                .containsExactly(destination.destination());
        sendsMessage(clientOf(proxy).greets());
        assertThat(other.messages()).hasSize(1);
        sendsMessage(before);
        assertThat(destination.messages()).hasSize(1);
        proxy.drain(other.destination());
        clientOf(proxy).hears("421 4.4.1").hearsTheEnd();
        proxy.resume(destination.destination());
        sendsMessage(clientOf(proxy).greets());
        assertThat(destination.messages()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(Decided.class)
    void transactions_of_late_routes_hear_that_all_are_drained(Decided when) {
        SmtpProxy proxy = proxy(when);
        proxy.drain(destination.destination());
        proxy.drain(other.destination());
        Dialogue client = clientOf(proxy);
        switch (when) {
            case CONNECT -> client.hears("421 4.4.1");
            case MAIL -> client.greets().says("MAIL FROM:<a@x.test>").hears("451 4.4.1");
            case RCPT ->
                client.greets()
                        .says("MAIL FROM:<a@x.test>")
                        .hears("250")
                        .says("RCPT TO:<b@dest.test>")
                        .hears("451 4.4.1");
        }
    }

    static Stream<Balancer> broken() {
        return Stream.of(
                (candidates, envelope) -> {
                    throw new IllegalStateException("broken");
                },
                (candidates, envelope) -> null,
                (candidates, envelope) -> new Candidate() {
                    @Override
                    public Destination destination() {
                        return Destination.at("elsewhere.test", 25);
                    }

                    @Override
                    public double weight() {
                        return 1;
                    }

                    @Override
                    public int active() {
                        return 0;
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("broken")
    void where_a_balancer_fails_the_first_is_taken(Balancer balancer) {
        DestinationGroup unbalanced = DestinationGroup.of(destination.destination(), other.destination())
                .balancer(balancer);
        sendsMessage(clientOf(proxy(ENDPOINT, Router.to(unbalanced))).greets());
        assertThat(destination.messages()).hasSize(1);
        assertThat(log.lines(Level.ERROR)).singleElement().asString().contains("failed at choosing a server");
    }

    @Test
    void a_probe_finds_one_that_is_back() {
        List<String> told = new CopyOnWriteArrayList<>();
        destination.on("connect").fail(Fault.CLOSE);
        SmtpProxy proxy = started(
                proxy(ENDPOINT, Router.to(group)).listener(telling(told)).probe(Duration.ofSeconds(1)));
        await().until(() -> {
            clientOf(proxy).greets();
            return told.contains(destination.destination().port() + " EJECTED");
        });
        destination.on("connect").reply("220 dest.test ESMTP");
        await().until(() -> told.contains(destination.destination().port() + " RETURNING"));
        // It is back once it greets; the probe goes on behind that.
        await().untilAsserted(() -> assertThat(destination.heard("NOOP")).isNotEmpty());
        assertThat(destination.heard("EHLO proxy.test")).isNotEmpty();
    }
}
