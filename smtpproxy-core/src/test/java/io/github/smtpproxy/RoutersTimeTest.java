package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
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
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long routers may take, what they are told of the end of a route, and what they may look at. */
class RoutersTimeTest extends ProxyTest {

    private static final Destination NOWHERE = Destination.at("127.0.0.1", 1);

    private final AtomicInteger running = new AtomicInteger();
    private final ScriptedDestination other = anotherDestination();

    @ParameterizedTest
    @ValueSource(strings = {"connect", "mail", "rcpt"})
    void a_router_that_takes_too_long_is_interrupted_and_the_client_is_deferred(String step) {
        CountDownLatch interrupted = new CountDownLatch(1);
        Router silent = new Router() {
            private Route at(String now) {
                if (!now.equals(step)) {
                    return Route.undecided();
                }
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
                return counted(destination.destination());
            }

            @Override
            public Route connect(Session session) {
                return at("connect");
            }

            @Override
            public Route mail(Session session, MailFrom mail) {
                return at("mail");
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return at("rcpt");
            }
        };
        Dialogue client =
                clientOf(proxy(ENDPOINT, silent).timeouts(Timeouts.defaults().routing(Duration.ofMillis(50))));
        if (step.equals("connect")) {
            client.hears("451 4.3.0");
        } else {
            client.greets().says("MAIL FROM:<a@client.test>").hears(step.equals("mail") ? "451 4.3.0" : "250");
            client.says("RCPT TO:<b@dest.test>").hears(step.equals("mail") ? "503" : "451 4.3.0");
            client.says("NOOP").hears("250");
        }
        await().until(() -> interrupted.getCount() == 0);
        await().untilAsserted(() ->
                assertThat(running).as("routes that came too late").hasValue(0));
        assertThat(LoggedTraces.taken()).singleElement().asString().contains("failed at a route");
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void only_a_router_that_never_waits_is_asked_on_the_sessions_thread(boolean neverWaits) {
        Thread[] threads = new Thread[2];
        Router router = new Router() {
            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                threads[0] = Thread.currentThread();
                return Route.to(destination.destination());
            }

            @Override
            public boolean neverWaits() {
                return neverWaits;
            }
        };
        Filter filter = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                threads[1] = Thread.currentThread();
                return next.proceed(rcpt);
            }
        };
        clientOf(proxy(ENDPOINT, router).filter(filter)).greets().envelope();
        assertThat(threads[0] == threads[1]).isEqualTo(neverWaits);
    }

    @Test
    void an_interrupt_that_a_filter_set_before_does_not_refuse() {
        Filter filter = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                Thread.currentThread().interrupt();
                try {
                    return next.proceed(rcpt);
                } finally {
                    Thread.interrupted();
                }
            }
        };
        Router refusing = (session, mail, rcpt) -> Route.refuse(Reply.reject("5.7.1", "Asked"));
        clientOf(proxy(ENDPOINT, refusing).filter(filter))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550 5.7.1 Asked");
    }

    @Test
    void routers_of_the_library_that_ask_nobody_never_wait() {
        Router fixed = Router.to(NOWHERE);
        Router domains = Router.byRecipientDomain().otherwise(NOWHERE);
        Router waits = (session, mail, rcpt) -> Route.undecided();
        assertThat(List.of(fixed, domains, Router.firstMatch(domains, fixed))).allMatch(Router::neverWaits);
        assertThat(Router.firstMatch(fixed, waits).neverWaits()).isFalse();
    }

    private Route counted(Destination to) {
        running.incrementAndGet();
        return Route.to(to, running::decrementAndGet);
    }

    @Test
    void a_router_is_told_of_the_end_of_each_transaction_however_it_ends() {
        Router router = (session, mail, rcpt) -> counted(
                switch (rcpt.recipient().domain()) {
                    case "nowhere.test" -> NOWHERE;
                    case "other.test" -> other.destination();
                    default -> destination.destination();
                });
        Dialogue client = clientOf(proxy(ENDPOINT, router)).greets();
        client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@nowhere.test>")
                .hears("451 4.4.1");
        client.says("RCPT TO:<b@dest.test>")
                .hears("250")
                .says("RCPT TO:<b@other.test>")
                .hears("452 4.5.3");
        assertThat(running).hasValue(3);
        client.says("RSET").hears("250");
        assertThat(running).hasValue(0);
        client.envelope().says("DATA").hears("354").says("hello").says(".");
        client.hears("250");
        assertThat(running).hasValue(0);
        client.envelope();
        assertThat(running).hasValue(1);
        client.close();
        await().untilAsserted(() -> assertThat(running).hasValue(0));
    }

    @Test
    void a_router_is_told_of_the_end_of_each_session() {
        Router router = new Router() {
            @Override
            public Route connect(Session session) {
                return counted(destination.destination());
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.undecided();
            }
        };
        Dialogue client = clientOf(proxy(ENDPOINT, router)).greets().envelope();
        client.says("RSET").hears("250");
        assertThat(running).hasValue(1);
        client.says("QUIT").hears("221");
        await().untilAsserted(() -> assertThat(running).hasValue(0));
    }

    @Test
    void a_router_that_fails_at_the_end_of_a_route_ends_nothing_else() {
        Router router = (session, mail, rcpt) -> Route.to(destination.destination(), () -> {
            throw new IllegalStateException("no end");
        });
        Dialogue client = clientOf(proxy(ENDPOINT, router)).greets().envelope();
        client.says("RSET").hears("250").says("NOOP").hears("250");
        assertThat(LoggedTraces.taken()).singleElement().asString().contains("the end of a route");
    }

    @Test
    void a_rule_refuses_some_sessions() {
        Router router = Router.firstMatch(
                Router.refuse(
                        Reply.reject("5.7.1", "Not for you"),
                        session -> session.hello()
                                .filter(h -> h.name().equals("bad.test"))
                                .isPresent()),
                Router.to(destination.destination()));
        Dialogue client = clientOf(proxy(ENDPOINT, router))
                .hears("220")
                .says("EHLO bad.test")
                .hears("250");
        client.says("MAIL FROM:<a@client.test>").hears("550 5.7.1 Not for you");
        client.says("EHLO good.test").hears("250");
        client.envelope();
        assertThat(destination.heard("MAIL")).hasSize(1);
    }
}
