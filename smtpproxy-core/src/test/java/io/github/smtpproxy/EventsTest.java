package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.ProxyStatus;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The events of a session, in their order. */
@Timeout(60)
class EventsTest extends ProxyTest {

    private static final String LOGIN = "AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l";

    private final List<String> events = new CopyOnWriteArrayList<>();
    private final List<Duration> durations = new CopyOnWriteArrayList<>();

    private final ProxyListener listener = new ProxyListener() {
        @Override
        public void sessionStarted(Session session) {
            events.add("session started");
        }

        @Override
        public void tls(Session session, Duration duration) {
            durations.add(duration);
            events.add("tls " + session.tls().isPresent());
        }

        @Override
        public void auth(Session session, String mechanism, Reply reply, Duration duration) {
            durations.add(duration);
            events.add("auth " + mechanism + " " + session.identity().orElse("-") + " " + reply.code());
        }

        @Override
        public void connectStarted(Session session, Destination there) {
            events.add("connect started");
        }

        @Override
        public void connectEnded(Session session, Destination there, Reply reply, Duration duration) {
            durations.add(duration);
            events.add("connect ended " + reply.code());
        }

        @Override
        public void transactionStarted(Transaction transaction) {
            events.add("transaction started " + transaction.mail());
        }

        @Override
        public void mail(Transaction transaction, MailFrom mail, Reply reply) {
            events.add("mail " + mail + " " + reply.code());
        }

        @Override
        public void rcpt(Transaction transaction, RcptTo rcpt, Reply reply) {
            events.add("rcpt " + rcpt + " " + reply.code());
        }

        @Override
        public void data(Transaction transaction, Reply reply, Duration duration) {
            durations.add(duration);
            events.add("data " + reply.code());
        }

        @Override
        public void command(Session session, String verb, Reply reply, Duration duration) {
            durations.add(duration);
            events.add("command " + verb + " " + reply.code());
        }

        @Override
        public void refused(Session session, Refusal refusal) {
            events.add("refused " + refusal
                    + refusal.recipient().map(r -> " " + r).orElse("") + " "
                    + refusal.transaction().isPresent());
        }

        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            events.add("transaction ended " + transaction.mail() + " " + outcome.result() + " "
                    + outcome.recipientsAccepted() + "/" + outcome.recipientsRefused());
        }

        @Override
        public void sessionEnded(Session session) {
            events.add("session ended");
        }
    };

    private Dialogue client(SmtpProxyBuilder builder) {
        return clientOf(builder.listener(listener));
    }

    private void assertEvents(String... expected) {
        await().untilAsserted(() -> assertThat(events).containsExactly(expected));
        assertThat(durations).isNotEmpty().noneMatch(Duration::isNegative);
        assertThat(durations).allMatch(d -> d.compareTo(Duration.ofMinutes(1)) < 0);
    }

    @Test
    void a_message_is_told_from_the_session_to_its_end() {
        destination.on("RCPT TO:<x@dest.test>").reply("550 5.1.1 No such user");
        client(proxy())
                .greets()
                .envelope()
                .says("RCPT TO:<x@dest.test>")
                .hears("550")
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250")
                .says("QUIT")
                .hears("221");
        String by = "DESTINATION " + destination.destination();
        assertEvents(
                "session started",
                "connect started",
                "connect ended 220",
                "command CONNECT 220",
                "command EHLO 250",
                "transaction started <a@client.test>",
                "mail <a@client.test> 250",
                "command MAIL 250",
                "rcpt <b@dest.test> 250",
                "command RCPT 250",
                "rcpt <x@dest.test> 550",
                "refused RCPT by " + by + " <x@dest.test> true",
                "command RCPT 550",
                "data 250",
                "transaction ended <a@client.test> DELIVERED 1/1",
                "command DATA 250",
                "command QUIT 221",
                "session ended");
    }

    @Test
    void what_is_pipelined_behind_a_refused_mail_is_told_as_commands() {
        destination.on("MAIL").reply("550 5.7.1 Not you");
        destination.on("RCPT").reply("250 2.1.5 Ok");
        destination.on("DATA").reply("354 Go on");
        client(proxy())
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA")
                .hears("550")
                .hears("250")
                .hears("354")
                .says(".")
                .hears("554 5.5.1")
                .says("QUIT")
                .hears("221");
        await().untilAsserted(() -> assertThat(events).endsWith("session ended"));
        assertThat(events.subList(events.indexOf("transaction started <a@client.test>"), events.size()))
                .containsExactly(
                        "transaction started <a@client.test>",
                        "mail <a@client.test> 550",
                        "transaction ended <a@client.test> REFUSED 0/1",
                        "refused MAIL by DESTINATION " + destination.destination() + " true",
                        "command MAIL 550",
                        "command RCPT 250",
                        "refused DATA by PROXY true",
                        "command DATA 554",
                        "command QUIT 221",
                        "session ended");
    }

    @Test
    void tls_and_login_are_told_with_their_results() {
        Endpoint endpoint = ENDPOINT.requireStartTls(Certificate.LOCAL.shown())
                .failedLoginDelay(Duration.ZERO)
                .authenticate((user, password) -> password.equals("open sesame"));
        client(proxy(endpoint)).greets().startsTls(Certificate.LOCAL.trusted()).says("EHLO client.test");
        await().until(() -> events.contains("tls true"));
        assertThat(events).containsSubsequence("command STARTTLS 220", "tls true", "command EHLO 250");
    }

    @Test
    void logins_are_told_with_who_they_are() {
        Endpoint endpoint = ENDPOINT.plaintextAuthentication(true)
                .failedLoginDelay(Duration.ZERO)
                .authenticate((user, password) -> password.equals("open sesame"));
        client(proxy(endpoint))
                .greets()
                .says("AUTH PLAIN AGFsaWNlAHdyb25n")
                .hears("535")
                .says(LOGIN)
                .hears("235");
        await().until(() -> events.contains("command AUTH 235"));
        assertThat(events)
                .containsSubsequence(
                        "auth PLAIN - 535", "command AUTH 535", "auth PLAIN alice 235", "command AUTH 235");
    }

    @Test
    void a_handshake_that_fails_is_told() {
        Dialogue client =
                client(proxy(ENDPOINT.offerStartTls(Certificate.LOCAL.shown()))).greets();
        client.says("STARTTLS").hears("220").sends("this is no TLS\r\n\r\n");
        await().until(() -> events.contains("session ended"));
        assertThat(events).containsSubsequence("tls false", "session ended");
    }

    @Test
    void throttles_get_the_result_of_a_login() {
        List<String> steps = new CopyOnWriteArrayList<>();
        destination.offers("AUTH PLAIN");
        destination.on("AUTH").reply("235 2.7.0 Welcome");
        client(proxy().throttle(step -> {
                    if (step instanceof Step.Auth auth) {
                        steps.add(auth.mechanism() + " " + auth.user() + " "
                                + auth.reply().code());
                    }
                    return Pace.go();
                }))
                .greets()
                .says(LOGIN)
                .hears("235");
        assertThat(steps).containsExactly("PLAIN Optional.empty 235");
    }

    @Test
    void a_throttle_can_end_the_session_at_the_result_of_a_login() {
        client(proxy(ENDPOINT.plaintextAuthentication(true).authenticate((user, password) -> true))
                        .throttle(step -> step instanceof Step.Auth
                                ? Pace.refuse(Reply.refusal(421, "4.7.0", "Enough"))
                                : Pace.go()))
                .greets()
                .says(LOGIN)
                .hears("421 4.7.0 Enough")
                .hearsTheEnd();
    }

    @Test
    void throttles_get_verb_origin_and_recipient_of_a_refusal() {
        List<String> steps = new CopyOnWriteArrayList<>();
        Filter no = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                return Reply.reject("5.7.1", "No");
            }
        };
        client(proxy().filter(no).throttle(step -> {
                    if (step instanceof Step.Refusal refusal) {
                        Refusal told = refusal.refusal();
                        steps.add(told.verb() + " " + told.by() + " "
                                + told.recipient().orElseThrow() + " "
                                + refusal.reply().code());
                    }
                    return Pace.go();
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550");
        assertThat(steps).containsExactly("RCPT FILTER <b@dest.test> 550");
    }

    /** Passes commands on, the first MAIL late. */
    private static final class Late implements Filter {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            await().pollDelay(Duration.ofMillis(200)).until(() -> true);
            return next.proceed(mail);
        }
    }

    @Test
    void the_own_times_of_filters_do_not_include_each_other() {
        List<String> calls = new CopyOnWriteArrayList<>();
        List<Duration> own = new CopyOnWriteArrayList<>();
        List<Duration> whole = new CopyOnWriteArrayList<>();
        ProxyListener times = new ProxyListener() {
            @Override
            public void filterStarted(Session session, FilterCall call) {
                calls.add("start " + call);
            }

            @Override
            public void filterEnded(Session session, FilterCall call, Duration time) {
                calls.add("end " + call + " " + call.transaction().isPresent());
                if (call.step().equals("MAIL")) {
                    own.add(time);
                }
            }

            @Override
            public void command(Session session, String verb, Reply reply, Duration duration) {
                if (verb.equals("MAIL")) {
                    whole.add(duration);
                }
            }
        };
        Dialogue client =
                clientOf(proxy().listener(times).filter(new Filter() {}).filter(new Late()));
        client.greets().says("MAIL FROM:<a@client.test>").hears("250");
        String first = EventsTest.class.getSimpleName() + "$";
        assertThat(calls.subList(calls.size() - 4, calls.size()))
                .satisfiesExactly(
                        call -> assertThat(call).startsWith("start " + first).endsWith("at MAIL"),
                        call -> assertThat(call).isEqualTo("start Late at MAIL"),
                        call -> assertThat(call).isEqualTo("end Late at MAIL true"),
                        call -> assertThat(call).startsWith("end " + first).endsWith("at MAIL true"));
        await().until(() -> !whole.isEmpty());
        assertThat(own.get(0)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        assertThat(own.get(0).plus(own.get(1))).isLessThanOrEqualTo(whole.get(0));
    }

    @Test
    void a_proxy_begins_and_ends_once() {
        List<String> told = new CopyOnWriteArrayList<>();
        SmtpProxy proxy = started(proxy().listener(new ProxyListener() {
            @Override
            public void proxyStarted(ProxyStatus proxy) {
                told.add("started at " + proxy.addresses() + " running " + proxy.isRunning());
            }

            @Override
            public void proxyClosed(ProxyStatus proxy) {
                told.add("closed, running " + proxy.isRunning() + " with " + proxy.activeSessions());
            }
        }));
        List<?> addresses = proxy.addresses();
        proxy.close();
        proxy.close();
        assertThat(told).containsExactly("started at " + addresses + " running true", "closed, running false with 0");
    }
}
