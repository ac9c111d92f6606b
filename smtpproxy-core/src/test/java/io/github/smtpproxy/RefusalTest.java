package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Ports;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A refusal holds: whoever refuses EHLO, MAIL or RCPT, wherever the mail would have gone, nothing that the client says
 * behind it is relayed, whether it waits for the refusal or not. The destination takes whatever it hears, in any order.
 */
class RefusalTest extends ProxyTest {

    private static final Reply REFUSAL = Reply.reject("5.7.1", "Not this one");
    private static final String HELD = "550 5.7.1 Not this one";

    /** What is refused. */
    private enum At {
        HELLO,
        HELLO_AGAIN,
        MAIL,
        RCPT
    }

    /** Who refuses it. */
    private enum By {
        FILTER,
        FILTER_THAT_LOOKED,
        FILTER_THAT_PROCEEDED,
        THROTTLE,
        ROUTER,
        UNREACHABLE;

        boolean afterProceeding() {
            return this == FILTER_THAT_LOOKED || this == FILTER_THAT_PROCEEDED;
        }
    }

    /** When the destination is known. */
    private enum Known {
        AT_CONNECT,
        AT_MAIL,
        AT_RCPT
    }

    private record Case(At at, By by, Known known, boolean pipelined, boolean chunks, boolean filtered) {

        boolean isPossible() {
            boolean decides = by == By.ROUTER || by == By.UNREACHABLE;
            boolean there = at == At.MAIL && known == Known.AT_MAIL || at == At.RCPT && known == Known.AT_RCPT;
            return !decides || there;
        }

        boolean toldAsRefused() {
            return at != At.HELLO && !(at == At.MAIL && by == By.THROTTLE);
        }
    }

    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final AtomicBoolean bad = new AtomicBoolean();

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (At at : At.values()) {
            for (By by : By.values()) {
                for (Known known : Known.values()) {
                    for (int i = 0; i < 8; i++) {
                        cases.add(new Case(at, by, known, (i & 1) > 0, (i & 2) > 0, (i & 4) > 0));
                    }
                }
            }
        }
        return cases.stream().filter(Case::isPossible);
    }

    @BeforeEach
    void the_destination_takes_whatever_it_hears() {
        destination.takesChunks();
        destination.on("MAIL").reply("250 2.1.0 Sender taken");
        destination.on("RCPT").reply("250 2.1.5 Recipient taken");
        destination.on("DATA").reply("354 Say it");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void holds_for_what_comes_behind_it(Case refused) throws IOException {
        Dialogue client = clientOf(proxy(refused)).hears("220");
        switch (refused.at) {
            case HELLO -> helloRefused(refused, client);
            case HELLO_AGAIN -> {
                client.says("EHLO client.test").hears("250").envelope();
                helloRefused(refused, client);
            }
            default -> envelopeRefused(refused, client.says("EHLO client.test").hears("250"));
        }
        bad.set(false);
        assertNothingRelayed(refused);
        client.says("EHLO client.test").hears("250").envelope();
        client.says("DATA").hears("354").says("Subject: x").says("").says(".").hears("250");
        assertThat(destination.messages()).containsExactly("Subject: x\r\n\r\n");
        client.says("QUIT").hears("221");
        assertOutcomes(refused);
    }

    private void helloRefused(Case refused, Dialogue client) {
        bad.set(true);
        client.says("EHLO client.test").hearsLine(refusalOf(refused));
        List<String> lines = refused.at == At.HELLO_AGAIN
                ? List.of("RCPT TO:<b@dest.test>")
                : List.of("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>");
        exchange(refused, client, lines, lines.stream().map(l -> "503 5.5.1").toList(), "503 5.5.1");
        client.says("AUTH PLAIN AGEAYg==").hears("503 5.5.1");
        client.says("VRFY b").hears("503 5.5.1");
    }

    private void envelopeRefused(Case refused, Dialogue client) {
        bad.set(true);
        boolean mail = refused.at == At.MAIL;
        exchange(
                refused,
                client,
                List.of("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>"),
                List.of(mail ? refusalOf(refused) : "250", mail ? "503 5.5.1" : refusalOf(refused)),
                mail || refused.chunks ? "503 5.5.1" : "5");
    }

    /** The commands, then a message of which nobody is to see anything. */
    private void exchange(Case refused, Dialogue client, List<String> lines, List<String> answers, String last) {
        String message = refused.chunks ? "BDAT 6 LAST\r\nRSET\r\n" : "DATA\r\n";
        if (refused.pipelined) {
            client.sends(String.join("\r\n", lines) + "\r\n" + message);
            answers.forEach(client::hears);
        } else {
            for (int i = 0; i < lines.size(); i++) {
                client.says(lines.get(i)).hears(answers.get(i));
            }
            client.sends(message);
        }
        client.hears(late(refused, last));
        client.says("HELP").hears("");
    }

    /** A filter that undid what the destination had accepted is answered for as one that failed. */
    private static String late(Case refused, String last) {
        boolean givenUp = refused.at == At.RCPT && refused.by.afterProceeding();
        return givenUp ? "451 4.3.0" : last;
    }

    private static String refusalOf(Case refused) {
        boolean hello = refused.at == At.HELLO || refused.at == At.HELLO_AGAIN;
        if (refused.by == By.UNREACHABLE) {
            return "451 4.4.1 Destination unreachable";
        }
        return refused.by.afterProceeding() && !hello ? "451 4.3.0 Temporary failure, try again later" : HELD;
    }

    private void assertNothingRelayed(Case refused) {
        boolean heard = refused.at != At.HELLO
                && (refused.at != At.MAIL || refused.by.afterProceeding() && refused.known != Known.AT_RCPT)
                && (refused.at != At.RCPT || refused.known != Known.AT_RCPT || refused.by.afterProceeding());
        boolean accepted = refused.at == At.HELLO_AGAIN || refused.at == At.RCPT && refused.by.afterProceeding();
        assertThat(destination.heard("MAIL")).hasSize(heard ? 1 : 0);
        assertThat(destination.heard("RCPT")).hasSize(accepted ? 1 : 0);
        assertThat(destination.heard("DATA")).isEmpty();
        assertThat(destination.heard("BDAT")).isEmpty();
        assertThat(destination.heard("AUTH")).isEmpty();
        assertThat(destination.heard("VRFY")).isEmpty();
        assertThat(destination.messages()).isEmpty();
        assertThat(destination.halfMessages()).isEmpty();
    }

    private void assertOutcomes(Case refused) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> assertThat(outcomes)
                        .extracting(Outcome::result)
                        .endsWith(Outcome.Result.DELIVERED)
                        .hasSize(refused.toldAsRefused() ? 2 : 1));
        if (refused.toldAsRefused()) {
            assertThat(outcomes.get(0).result()).isEqualTo(Outcome.Result.REFUSED);
            String last = outcomes.get(0).reply().map(Reply::toString).orElse("");
            // a last chunk ends a transaction with its own answer
            boolean chunk = refused.at == At.RCPT && refused.chunks;
            assertThat(last).startsWith(chunk ? late(refused, "503 5.5.1") : refusalOf(refused));
        }
    }

    private SmtpProxyBuilder proxy(Case refused) throws IOException {
        SmtpProxyBuilder builder = proxy(ENDPOINT, router(refused)).listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        if (refused.filtered) {
            builder = builder.filter(new ContentFilter() {
                @Override
                public Reply data(Message message, TransactionChain<Message> next) {
                    return next.proceed(message);
                }
            });
        }
        if (refused.by == By.THROTTLE) {
            builder = builder.throttle(step -> bad.get() && is(step, refused.at) ? Pace.refuse(REFUSAL) : Pace.go());
        }
        boolean filters = refused.by == By.FILTER || refused.by.afterProceeding();
        return filters ? builder.filter(refusing(refused)) : builder;
    }

    private static boolean is(Step step, At at) {
        return switch (at) {
            case HELLO, HELLO_AGAIN ->
                step instanceof Step.Command c && c.verb().equals("EHLO");
            case MAIL -> step instanceof Step.Mail;
            case RCPT -> step instanceof Step.Rcpt;
        };
    }

    private Filter refusing(Case refused) {
        return new Filter() {
            @Override
            public Reply hello(Hello hello, Chain<Hello> next) {
                boolean here = refused.at == At.HELLO || refused.at == At.HELLO_AGAIN;
                return here ? judged(hello, next) : next.proceed(hello);
            }

            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                return refused.at == At.MAIL ? judged(mail, next) : next.proceed(mail);
            }

            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                return refused.at == At.RCPT ? judged(rcpt, next) : next.proceed(rcpt);
            }

            private <C> Reply judged(C command, Chain<C> next) {
                if (bad.get() && refused.by == By.FILTER) {
                    return REFUSAL;
                }
                Reply reply = next.proceed(command);
                if (bad.get() && refused.by == By.FILTER_THAT_LOOKED) {
                    return reply.isPositive() ? REFUSAL : reply;
                }
                return bad.get() ? REFUSAL : reply;
            }
        };
    }

    private Router router(Case refused) throws IOException {
        Route good = Route.to(destination.destination());
        Route other = refused.by == By.UNREACHABLE ? Route.to(Ports.unreachable()) : Route.refuse(REFUSAL);
        boolean decides = refused.by == By.ROUTER || refused.by == By.UNREACHABLE;
        return new Router() {
            @Override
            public Route connect(Session session) {
                return refused.known == Known.AT_CONNECT ? good : Route.undecided();
            }

            @Override
            public Route mail(Session session, MailFrom mail) {
                return refused.known == Known.AT_MAIL ? route() : Route.undecided();
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return route();
            }

            @Override
            public Set<Target> reach() {
                return Set.of(destination.destination());
            }

            private Route route() {
                return decides && bad.get() ? other : good;
            }
        };
    }

    @Test
    void a_421_of_a_filter_or_a_throttle_in_a_transaction_is_told_as_its_refusal() {
        Reply enough = Reply.refusal(421, "4.7.1", "Enough");
        for (boolean throttle : List.of(true, false)) {
            SmtpProxyBuilder builder = proxy().listener(new ProxyListener() {
                @Override
                public void transactionEnded(Transaction transaction, Outcome outcome) {
                    outcomes.add(outcome);
                }
            });
            clientOf(
                            throttle
                                    ? builder.throttle(s -> s instanceof Step.Rcpt ? Pace.refuse(enough) : Pace.go())
                                    : builder.filter(new Filter() {
                                        @Override
                                        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                                            return enough;
                                        }
                                    }))
                    .greets()
                    .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA")
                    .hears("250")
                    .hearsLine("421 4.7.1 Enough")
                    .hearsTheEnd();
        }
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> assertThat(outcomes)
                        .hasSize(2)
                        .allMatch(o -> o.result() == Outcome.Result.REFUSED)
                        .allMatch(o -> o.reply().equals(Optional.of(enough))));
    }

    @Test
    void a_refused_recipient_leaves_the_others_of_its_group() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return rcpt.recipient().local().equals("bad") ? REFUSAL : next.proceed(rcpt);
                    }
                }))
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<bad@dest.test>", "RCPT TO:<b@dest.test>", "DATA")
                .hears("250")
                .hearsLine(HELD)
                .hears("250")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@dest.test>");
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void a_destination_that_refuses_mail_and_takes_data_of_the_same_group_gets_no_message() {
        destination.on("MAIL").reply("550 5.7.1 Not you");
        Dialogue client = clientOf(proxy())
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA")
                .hears("550")
                .hears("250")
                .hears("354");
        client.says("hello").says(".").hears("554 5.5.1 ");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void where_nobody_else_can_say_so_mail_before_ehlo_is_refused() {
        clientOf(proxy(ENDPOINT, Router.byRecipientDomain().otherwise(destination.destination())))
                .hears("220")
                .says("MAIL FROM:<a@client.test>")
                .hears("503 5.5.1 ")
                .says("RCPT TO:<b@dest.test>")
                .hears("503 5.5.1 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.connections()).isZero();
    }

    @Test
    void a_router_that_decided_at_mail_is_not_asked_again() {
        List<String> asked = new CopyOnWriteArrayList<>();
        Dialogue client = clientOf(proxy(ENDPOINT, new Router() {
                    @Override
                    public Route mail(Session session, MailFrom mail) {
                        asked.add("mail");
                        return Route.to(destination.destination());
                    }

                    @Override
                    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                        asked.add("rcpt");
                        return Route.to(Destination.at("127.0.0.1", 1));
                    }
                }))
                .greets()
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("250");
        client.says("DATA").hears("354").says(".").hears("250");
        client.envelope();
        assertThat(asked).containsExactly("mail", "mail");
    }

    @Test
    void a_second_ehlo_that_a_late_destination_refuses_leaves_nothing_of_the_transaction_there() {
        Dialogue client = clientOf(proxy(ENDPOINT, Router.byRecipientDomain().otherwise(destination.destination())))
                .greets()
                .envelope();
        destination.on("EHLO").reply("451 4.3.0 Not now");
        client.says("EHLO client.test").hears("250");
        await().until(() -> destination.openConnections() == 0);
        client.sends("BDAT 7 LAST\r\nhello\r\n").hears("50");
        assertThat(destination.messages()).isEmpty();
        client.says("NOOP").hears("250");
    }

    @ParameterizedTest
    @ValueSource(strings = {"450 4.7.1 Later", "502 5.5.1 Command not implemented"})
    void a_chunk_that_a_throttle_refused_leaves_the_next_ones_refused(String words) {
        Reply refusal = Reply.parse(List.of(words));
        AtomicBoolean first = new AtomicBoolean(true);
        Dialogue client = clientOf(proxy().throttle(step ->
                        step instanceof Step.Command c && c.verb().equals("BDAT") && first.getAndSet(false)
                                ? Pace.refuse(refusal)
                                : Pace.go()))
                .greets()
                .envelope();
        client.sends("BDAT 7\r\nhello\r\nBDAT 7 LAST\r\nworld\r\n")
                .hearsLine(words)
                .hears("503 5.5.1");
        assertThat(destination.messages()).isEmpty();
        assertThat(destination.heard("BDAT")).isEmpty();
        client.envelope().sends("BDAT 7 LAST\r\nhello\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }
}
