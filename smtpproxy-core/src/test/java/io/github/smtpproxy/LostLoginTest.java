package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A login that was relayed belongs to its connection: the session does not go on without it. */
class LostLoginTest extends ProxyTest {

    private static final String LOGIN = "AUTH PLAIN AGFsaWNlAHNlc2FtZQ==";

    @BeforeEach
    void the_destination_wants_a_login() {
        destination.takesChunks().offers("AUTH PLAIN", "CHUNKING", "BINARYMIME");
        destination.on("AUTH").reply("235 2.7.0 Welcome alice");
    }

    private Dialogue loggedIn(SmtpProxyBuilder builder) {
        return clientOf(builder).greets().says(LOGIN).hears("235");
    }

    private void assertOver(Dialogue client) {
        client.says("MAIL FROM:<a@client.test>").hears("421 4.4.2 ").hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(1);
    }

    private static Dialogue afterABareLineFeed(Dialogue loggedIn) {
        return loggedIn.envelope()
                .says("DATA")
                .hears("354")
                .sends("one\ntwo\r\n.\r\n")
                .hears("550 5.5.2");
    }

    @Test
    void after_a_bare_line_feed() {
        assertOver(afterABareLineFeed(loggedIn(proxy())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EHLO client.test",
                "HELO client.test",
                "RSET",
                "NOOP",
                "VRFY a",
                "RCPT TO:<b@dest.test>",
                "DATA",
                "BDAT 5 LAST",
                LOGIN,
                "AUTH",
                "STARTTLS",
                "FROB"
            })
    void whatever_comes_next(String command) {
        afterABareLineFeed(loggedIn(proxy())).says(command).hears("421 4.4.2 ").hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void but_quit() {
        afterABareLineFeed(loggedIn(proxy())).says("QUIT").hears("221").hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void also_what_was_pipelined() {
        loggedIn(proxy())
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("one\ntwo\r\n.\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\nDATA\r\n")
                .hears("550 5.5.2")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void after_a_message_that_grew_too_big() {
        Dialogue client = loggedIn(proxy().filter(LimitSize.to(100_000)))
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("Subject: x\r\n\r\n" + "x\r\n".repeat(50_000))
                .says(".")
                .hears("552");
        assertOver(client);
    }

    @Test
    void after_a_throttle_refused_in_mid_message() {
        Throttle throttle = new Throttle() {
            @Override
            public Pace before(Step step) {
                return step instanceof Step.Data ? Pace.refuse(Reply.defer("4.7.1", "Too much")) : Pace.go();
            }
        };
        Dialogue client = loggedIn(proxy().throttle(throttle))
                .envelope()
                .says("BDAT 100000")
                .sends("x".repeat(100_000))
                .hears("451 4.7.1");
        client.says("NOOP").hears("421 4.4.2 ").hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSE", "RESET", "GARBAGE_REPLY", "CUT_IN_REPLY"})
    void after_a_loss_behind_the_dot(Fault fault) {
        destination.on(".").fail(fault);
        Dialogue client = loggedIn(proxy())
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("451 4.4.2 ");
        assertOver(client);
    }

    @ParameterizedTest
    @EnumSource
    void after_a_refusal_in_mid_message(Looking looking) {
        destination.on("body").fail(Fault.REPLY_552_AND_CLOSE);
        Dialogue client = loggedIn(looking.in(proxy()))
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("\r\n" + "one more line\r\n".repeat(100_000))
                .says(".")
                .hears("552");
        assertOver(client);
    }

    @ParameterizedTest
    @EnumSource
    void after_a_refusal_in_mid_chunk(Looking looking) {
        destination.on("chunk").fail(Fault.REPLY_552_AND_CLOSE);
        Dialogue client = loggedIn(looking.in(proxy()))
                .envelope()
                .says("BDAT 2000000 LAST")
                .sends("\r\n" + "x".repeat(1_999_998))
                .hears("552");
        assertOver(client);
    }

    @Test
    void after_a_refusal_that_nobody_asked_for() {
        destination.on("NOOP").reply("250 2.0.0 Noop", "554 5.7.1 Enough");
        Dialogue client =
                loggedIn(proxy()).says("NOOP").hears("250").says("NOOP").hears("554 5.7.1 Enough");
        assertOver(client);
    }

    @Test
    void after_an_acceptance_that_could_not_be_undone() {
        destination.on("RSET").reply("502 5.5.1 No");
        Filter changing = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                next.proceed(rcpt);
                return Reply.reject("5.7.1", "after all no");
            }
        };
        loggedIn(proxy().filter(changing))
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("451")
                .says("RCPT TO:<b@dest.test>")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void a_login_that_is_lost_in_a_session_that_goes_on_in_tls_is_said_again() {
        Endpoint tls = ENDPOINT.offerStartTls(Certificate.LOCAL.shown());
        Dialogue client = clientOf(proxy(tls, Router.to(destination.destination())))
                .greets()
                .says(LOGIN)
                .hears("235")
                .startsTls(Certificate.LOCAL.trusted())
                .says("EHLO client.test")
                .hears("250")
                .says(LOGIN)
                .hears("235");
        afterABareLineFeed(client).says("NOOP").hears("421 4.4.2 ");
    }

    @Test
    void tls_that_the_destination_offers_behind_the_login_is_not_begun() {
        destination.startTls(Certificate.LOCAL.shown()).on("EHLO").reply("250-dest.test", "250 AUTH PLAIN");
        Router router = Router.to(destination.destination().startTls(StartTls.OPPORTUNISTIC));
        Dialogue client = clientOf(proxy(ENDPOINT, router)).greets().says(LOGIN).hears("235");
        destination.on("EHLO").reply("250-dest.test", "250-STARTTLS", "250 AUTH PLAIN");
        client.says("EHLO client.test").hears("250").envelope();
        assertThat(destination.heard()).doesNotContain("STARTTLS");
    }

    @Test
    void a_login_that_ended_here_outlives_a_connection() {
        Endpoint users = ENDPOINT.authenticate((user, password) -> user.equals("alice") && password.equals("sesame"))
                .plaintextAuthentication(true);
        Dialogue client = clientOf(proxy(users)).greets().says(LOGIN).hears("235");
        afterABareLineFeed(client).envelope();
        assertThat(destination.connections()).isEqualTo(2);
    }

    @Test
    void without_a_login_the_session_goes_on() {
        afterABareLineFeed(clientOf(proxy()).greets()).envelope();
        assertThat(destination.connections()).isEqualTo(2);
    }

    @Test
    void after_xclient_nothing_of_the_former_client_is_left() {
        ScriptedDestination others = anotherDestination();
        Key<String> key = Key.of("who", String.class);
        List<Optional<String>> seen = new CopyOnWriteArrayList<>();
        Router router = new Router() {
            @Override
            public Route connect(Session session) {
                boolean front = session.remoteAddress().getAddress().isLoopbackAddress();
                return front ? Route.to(destination.destination()) : Route.undecided();
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.to(others.destination());
            }

            @Override
            public Set<Target> reach() {
                return Set.of(others.destination());
            }
        };
        Filter remembering = new Filter() {
            @Override
            public Reply hello(Hello hello, Chain<Hello> next) {
                seen.add(next.session().attribute(key));
                next.session().attribute(key, hello.name());
                return next.proceed(hello);
            }
        };
        Endpoint trusting = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.0/8"));
        clientOf(proxy(trusting, router).filter(remembering))
                .greets()
                .says(LOGIN)
                .hears("235")
                .says("XCLIENT ADDR=192.0.2.1")
                .hears("220 proxy.test")
                .says("EHLO other.test")
                .hears("250")
                .envelope();
        assertThat(seen).containsExactly(Optional.empty(), Optional.empty());
        assertThat(destination.heard()).containsExactly("EHLO client.test", LOGIN);
        assertThat(others.heard()).endsWith("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>");
    }
}
