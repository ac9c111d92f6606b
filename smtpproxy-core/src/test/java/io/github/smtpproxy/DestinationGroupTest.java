package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
                        DestinationStatus.of(destination.destination(), 0, false),
                        DestinationStatus.of(other.destination(), 1, true));
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
                .containsExactly(DestinationStatus.of(destination.destination(), 0, false)));
        destination.on("connect").reply("220 dest.test ESMTP");
        clientOf(proxy).greets();
        assertThat(proxy.destinations()).containsExactly(DestinationStatus.of(destination.destination(), 1, true));
    }
}
