package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever code of others throws, at any step: the session goes on, and what the destination accepted is what is heard. */
class ForeignCodeTest extends ProxyTest {

    /** What can be thrown, and what is left behind. */
    enum Mishap {
        EXCEPTION,
        ASSERTION,
        MEMORY,
        STACK,
        LINKAGE,
        THREAD_DEATH,
        CHECKED,
        INTERRUPTED,
        INTERRUPT_LEFT_BEHIND;

        void happen() {
            switch (this) {
                case EXCEPTION -> throw new IllegalStateException("mishap");
                case ASSERTION -> throw new AssertionError("mishap");
                case MEMORY -> throw new OutOfMemoryError("mishap");
                case STACK -> deeper(0);
                case LINKAGE -> throw new NoClassDefFoundError("mishap");
                case THREAD_DEATH -> throw new ThreadDeath();
                case CHECKED -> sneak(new Exception("mishap"));
                case INTERRUPTED -> sneak(new InterruptedException("mishap"));
                case INTERRUPT_LEFT_BEHIND -> Thread.currentThread().interrupt();
            }
        }

        private static int deeper(int depth) {
            return deeper(depth + 1) + 1;
        }

        @SuppressWarnings("unchecked")
        private static <T extends Throwable> void sneak(Throwable any) throws T {
            throw (T) any;
        }

        boolean isThrown() {
            return this != INTERRUPT_LEFT_BEHIND;
        }
    }

    private final CapturedLog log = new CapturedLog();
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    @AfterEach
    void logAsUsual() {
        log.close();
    }

    private SmtpProxyBuilder watched(SmtpProxyBuilder builder) {
        return builder.listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        });
    }

    private void delivered(Dialogue client) {
        client.greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: x")
                .says("")
                .says("hello")
                .says(".")
                .hears("250 2.0.0")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        assertThat(destination.messages()).hasSize(1);
        await().untilAsserted(() ->
                assertThat(outcomes).extracting(Outcome::result).containsExactly(Outcome.Result.DELIVERED));
    }

    private void deliveredInChunks(Dialogue client) {
        client.greets()
                .envelope()
                .sends("BDAT 12\r\nSubject: x\r\n")
                .hears("250")
                .sends("BDAT 9 LAST\r\n\r\nhello\r\n")
                .hears("250 2.0.0")
                .says("NOOP")
                .hears("250")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        assertThat(destination.messages()).hasSize(1);
    }

    /** One line, with the session, what was being done and who failed. */
    private void loggedOnce(Mishap mishap, String regex) {
        Level level = mishap.isThrown() ? Level.ERROR : Level.WARN;
        await().untilAsserted(() ->
                assertThat(log.lines(level)).isNotEmpty().allMatch(l -> l.matches("s[0-9]+: " + regex + ".*")));
    }

    private final class Broken implements ProxyListener {
        private final Mishap mishap;

        Broken(Mishap mishap) {
            this.mishap = mishap;
        }

        @Override
        public void sessionStarted(Session session) {
            mishap.happen();
        }

        @Override
        public void connectStarted(Session session, Destination there) {
            mishap.happen();
        }

        @Override
        public void connectEnded(Session session, Destination there, Reply reply, Duration duration) {
            mishap.happen();
        }

        @Override
        public void transactionStarted(Transaction transaction) {
            mishap.happen();
        }

        @Override
        public void mail(Transaction transaction, MailFrom mail, Reply reply) {
            mishap.happen();
        }

        @Override
        public void rcpt(Transaction transaction, RcptTo rcpt, Reply reply) {
            mishap.happen();
        }

        @Override
        public void refused(Session session, Refusal refusal) {
            mishap.happen();
        }

        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            mishap.happen();
        }

        @Override
        public void sessionEnded(Session session) {
            mishap.happen();
        }
    }

    @ParameterizedTest
    @EnumSource
    void in_a_listener_at_every_event(Mishap mishap) {
        delivered(clientOf(watched(proxy().listener(new Broken(mishap)))));
        loggedOnce(mishap, "Broken ");
        await().untilAsserted(() -> {
            for (String event : List.of(
                    "sessionStarted",
                    "connectStarted",
                    "connectEnded",
                    "transactionStarted",
                    "mail",
                    "rcpt",
                    "transactionEnded",
                    "sessionEnded")) {
                assertThat(log.lines())
                        .filteredOn(l -> l.contains(" at " + event))
                        .hasSize(1);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void in_a_listener_at_a_refusal(Mishap mishap) {
        destination.on("RCPT TO:<no@dest.test>").reply("550 5.1.1 no");
        Dialogue client = clientOf(watched(proxy().listener(new Broken(mishap))));
        client.hears("220")
                .says("EHLO c.test")
                .hears("250")
                .says("MAIL FROM:<a@c.test>")
                .hears("250");
        client.says("RCPT TO:<no@dest.test>")
                .hears("550")
                .says("RSET")
                .hears("250")
                .close();
        await().untilAsserted(() -> assertThat(log.lines())
                .filteredOn(l -> l.contains(" at refused"))
                .hasSize(1));
    }

    @ParameterizedTest
    @EnumSource
    void in_a_throttle_before_and_behind_every_step(Mishap mishap) {
        destination.takesChunks();
        Throttle broken = new Throttle() {
            @Override
            public Pace before(Step step) {
                mishap.happen();
                return Pace.go();
            }

            @Override
            public void ended(Step step) {
                mishap.happen();
            }
        };
        delivered(clientOf(watched(proxy().throttle(broken))));
        loggedOnce(mishap, "ForeignCodeTest\\$\\d+ ");
        await().untilAsserted(() -> {
            for (String step :
                    List.of("Connect", "Command", "Mail", "Rcpt", "Data", "the end of Mail", "the end of Connect")) {
                assertThat(log.lines()).anyMatch(l -> l.matches(".* at " + step + "\\b.*"));
            }
        });
    }

    private static final class Failing implements Router {
        private final Mishap mishap;
        private final String where;
        private final Destination destination;

        Failing(Mishap mishap, String where, Destination destination) {
            this.mishap = mishap;
            this.where = where;
            this.destination = destination;
        }

        private Route at(String step, Route route) {
            if (where.equals(step)) {
                mishap.happen();
            }
            return route;
        }

        @Override
        public Route connect(Session session) {
            return at("connect", Route.undecided());
        }

        @Override
        public Route mail(Session session, MailFrom mail) {
            return at("mail", Route.undecided());
        }

        @Override
        public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
            return at("rcpt", Route.to(destination));
        }

        @Override
        public Set<Target> reach() {
            if (where.equals("reach") && !Thread.currentThread().getName().contains("main")) {
                mishap.happen();
            }
            return Set.of(destination);
        }
    }

    @ParameterizedTest
    @EnumSource
    void in_a_router_at_connect(Mishap mishap) {
        router(mishap, "connect").hears(mishap.isThrown() ? "451 4.3.0" : "220");
        loggedOnce(mishap, "Failing ");
    }

    @ParameterizedTest
    @EnumSource
    void in_a_router_at_mail(Mishap mishap) {
        router(mishap, "mail")
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears(mishap.isThrown() ? "451 4.3.0" : "250")
                .says("RSET")
                .hears("250");
        loggedOnce(mishap, "Failing ");
    }

    @ParameterizedTest
    @EnumSource
    void in_a_router_at_rcpt(Mishap mishap) {
        router(mishap, "rcpt")
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears(mishap.isThrown() ? "451 4.3.0" : "250")
                .says("RSET")
                .hears("250");
        loggedOnce(mishap, "Failing ");
    }

    @ParameterizedTest
    @EnumSource
    void in_a_router_that_is_asked_what_it_reaches(Mishap mishap) {
        router(mishap, "reach")
                .hears("220")
                .says("EHLO client.test")
                .hears(mishap.isThrown() ? "451 4.3.0" : "250")
                .says("NOOP")
                .hears("250");
        loggedOnce(mishap, "Failing .* at reach");
    }

    private Dialogue router(Mishap mishap, String where) {
        return clientOf(watched(proxy(ENDPOINT, new Failing(mishap, where, destination.destination()))));
    }

    @Test
    void a_router_that_cannot_be_asked_at_the_start_is_named() {
        Router broken = new Router() {
            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.undecided();
            }

            @Override
            public Set<Target> reach() {
                throw new AssertionError("mishap");
            }
        };
        assertThatThrownBy(() -> proxy(ENDPOINT, broken).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("router");
    }

    /** Fails at one step, before it passes the command on or after. */
    private static class Troubled implements ContentFilter {
        private final Mishap mishap;
        private final String where;
        private final boolean behind;

        Troubled(Mishap mishap, String where, boolean behind) {
            this.mishap = mishap;
            this.where = where;
            this.behind = behind;
        }

        boolean isAt(String step) {
            return where.equals(step);
        }

        <C> Reply at(String step, C command, Chain<C> next) {
            if (where.equals(step) && !behind) {
                mishap.happen();
            }
            Reply reply = next.proceed(command);
            if (where.equals(step) && behind) {
                mishap.happen();
            }
            return reply;
        }

        @Override
        public Reply connect(Session session, Chain<Session> next) {
            return at("connect", session, next);
        }

        @Override
        public Reply hello(Hello hello, Chain<Hello> next) {
            return at("hello", hello, next);
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return at("mail", mail, next);
        }

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            return at("rcpt", rcpt, next);
        }

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            return at("data", message, next);
        }
    }

    @ParameterizedTest
    @EnumSource
    void in_a_filter_at_connect(Mishap mishap) {
        for (boolean behind : new boolean[] {false, true}) {
            clientOf(proxy().filter(new Troubled(mishap, "connect", behind)))
                    .hears(mishap.isThrown() ? "451 4.3.0" : "220");
        }
    }

    @ParameterizedTest
    @EnumSource
    void in_a_filter_at_a_command(Mishap mishap) {
        for (boolean behind : new boolean[] {false, true}) {
            String wanted = mishap.isThrown() ? "451 4.3.0" : "250";
            clientOf(proxy().filter(new Troubled(mishap, "hello", behind)))
                    .hears("220")
                    .says("EHLO client.test")
                    .hears(wanted)
                    .says("QUIT")
                    .hears("221");
            clientOf(proxy().filter(new Troubled(mishap, "mail", behind)))
                    .greets()
                    .says("MAIL FROM:<a@client.test>")
                    .hears(wanted)
                    .says("QUIT")
                    .hears("221");
            clientOf(proxy().filter(new Troubled(mishap, "rcpt", behind)))
                    .greets()
                    .says("MAIL FROM:<a@client.test>")
                    .hears("250")
                    .says("RCPT TO:<b@dest.test>")
                    .hears(wanted)
                    .says("QUIT")
                    .hears("221");
        }
        loggedOnce(mishap, "Troubled ");
    }

    @ParameterizedTest
    @EnumSource
    void in_a_filter_before_the_message_is_passed_on(Mishap mishap) {
        destination.takesChunks();
        String wanted = mishap.isThrown() ? "451 4.3.0" : "250";
        clientOf(proxy().filter(new Troubled(mishap, "data", false)))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears(wanted)
                .envelope()
                .sends("BDAT 7 LAST\r\nhello\r\n")
                .hears(wanted)
                .says("QUIT")
                .hears("221");
        assertThat(destination.messages()).hasSize(mishap.isThrown() ? 0 : 2);
        loggedOnce(mishap, "Troubled ");
    }

    @ParameterizedTest
    @EnumSource
    void in_a_filter_behind_a_message_that_was_accepted(Mishap mishap) {
        delivered(clientOf(watched(proxy().filter(new Troubled(mishap, "data", true)))));
        loggedOnce(mishap, "Troubled ");
    }

    @ParameterizedTest
    @EnumSource
    void in_a_filter_behind_a_message_in_chunks_that_was_accepted(Mishap mishap) {
        destination.takesChunks();
        deliveredInChunks(clientOf(watched(proxy().filter(new Troubled(mishap, "data", true)))));
        loggedOnce(mishap, "Troubled ");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INTERRUPT_LEFT_BEHIND")
    void in_a_filter_behind_what_was_refused_the_refusal_is_heard(Mishap mishap) {
        destination
                .on("MAIL FROM:<no@client.test>")
                .reply("550 5.1.8 sender")
                .on("RCPT TO:<no@dest.test>")
                .reply("550 5.1.1 recipient")
                .on(".")
                .reply("554 5.7.1 content");
        clientOf(proxy().filter(new Troubled(mishap, "mail", true)))
                .greets()
                .says("MAIL FROM:<no@client.test>")
                .hears("550 5.1.8");
        clientOf(proxy().filter(new Troubled(mishap, "rcpt", true)))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<no@dest.test>")
                .hears("550 5.1.1");
        clientOf(proxy().filter(new Troubled(mishap, "data", true)))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("554 5.7.1");
    }

    /** Answers with a reply that is made when it is looked at only. */
    private static final class Late extends Troubled {
        private final Mishap mishap;
        private final boolean behind;

        Late(Mishap mishap, String where, boolean behind) {
            super(mishap, where, behind);
            this.mishap = mishap;
            this.behind = behind;
        }

        @Override
        <C> Reply at(String step, C command, Chain<C> next) {
            if (!isAt(step)) {
                return next.proceed(command);
            }
            if (behind) {
                next.proceed(command);
            }
            return () -> {
                mishap.happen();
                return Reply.reject("5.7.1", "No").wireLines();
            };
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INTERRUPT_LEFT_BEHIND")
    void in_a_reply_that_a_filter_makes_when_it_is_looked_at(Mishap mishap) {
        for (boolean behind : new boolean[] {false, true}) {
            clientOf(proxy().filter(new Late(mishap, "connect", behind))).hears("451 4.3.0");
            clientOf(proxy().filter(new Late(mishap, "hello", behind)))
                    .hears("220")
                    .says("EHLO client.test")
                    .hears("451 4.3.0");
            clientOf(proxy().filter(new Late(mishap, "mail", behind)))
                    .greets()
                    .says("MAIL FROM:<a@client.test>")
                    .hears("451 4.3.0");
            clientOf(proxy().filter(new Late(mishap, "rcpt", behind)))
                    .greets()
                    .says("MAIL FROM:<a@client.test>")
                    .hears("250")
                    .says("RCPT TO:<b@dest.test>")
                    .hears("451 4.3.0");
        }
        delivered(clientOf(watched(proxy().filter(new Late(mishap, "data", true)))));
        loggedOnce(mishap, "Late ");
    }

    /** Those that know passwords are not asked for tokens. */
    private static Authenticator authenticator(Mishap mishap, AtomicBoolean forMechanisms) {
        return new Authenticator() {
            @Override
            public boolean accepts(String user, String password) {
                mishap.happen();
                return true;
            }

            @Override
            public List<String> mechanisms() {
                if (forMechanisms.get()) {
                    mishap.happen();
                }
                return List.of("PLAIN");
            }
        };
    }

    @ParameterizedTest
    @EnumSource
    void in_an_authenticator(Mishap mishap) {
        AtomicBoolean forMechanisms = new AtomicBoolean();
        Endpoint endpoint =
                ENDPOINT.authenticate(authenticator(mishap, forMechanisms)).plaintextAuthentication(true);
        SmtpProxy proxy = started(proxy(endpoint));
        String wanted = mishap.isThrown() ? "454 4.7.0" : "235";
        clientOf(proxy)
                .greets()
                .says("AUTH PLAIN AHUAcA==")
                .hears(wanted)
                .says("NOOP")
                .hears("250");
        forMechanisms.set(true);
        clientOf(proxy)
                .greets()
                .says("AUTH PLAIN AHUAcA==")
                .hears(wanted)
                .says("NOOP")
                .hears("250");
        assertThat(log.lines(mishap.isThrown() ? Level.ERROR : Level.WARN)).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void in_a_supplier_of_tokens(Mishap mishap) {
        destination.offers("AUTH XOAUTH2").on("AUTH").reply("235 2.7.0 ok");
        Destination there = destination.destination().credentials(Credentials.token("u", () -> {
            mishap.happen();
            return "token";
        }));
        clientOf(proxy(ENDPOINT, Router.to(there)))
                .hears("220")
                .says("EHLO client.test")
                .reply();
        assertThat(log.lines()).noneMatch(l -> l.contains("session failed"));
    }

    private static TrustManager judge(Mishap mishap) {
        return new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {
                mishap.happen();
            }

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {
                mishap.happen();
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INTERRUPT_LEFT_BEHIND")
    void in_what_judges_certificates(Mishap mishap) throws GeneralSecurityException {
        SSLContext judging = SSLContext.getInstance("TLS");
        judging.init(null, new TrustManager[] {judge(mishap)}, null);
        destination.startTls(Certificate.LOCAL.shown());
        Destination there =
                destination.destination().startTls(StartTls.VERIFIED).trust(judging);
        clientOf(proxy(ENDPOINT, Router.to(there)))
                .hears("220")
                .says("EHLO client.test")
                .hears("421 4.7.5")
                .hearsTheEnd();
        assertThat(log.lines()).noneMatch(l -> l.contains("session failed"));
    }

    @ParameterizedTest
    @EnumSource
    void in_a_transcript(Mishap mishap) {
        delivered(clientOf(watched(proxy().transcript((session, lane, fromProxy, line) -> mishap.happen()))));
    }
}
