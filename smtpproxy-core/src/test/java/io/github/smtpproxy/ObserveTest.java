package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A filter that is only observed runs, and decides nothing. */
@Timeout(60)
class ObserveTest extends ProxyTest {

    private static final Reply NO = Reply.reject("5.7.1", "No");

    private final List<String> observed = new CopyOnWriteArrayList<>();
    private final List<String> refused = new CopyOnWriteArrayList<>();

    private final ProxyListener listener = new ProxyListener() {
        @Override
        public void observed(Session session, Refusal refusal) {
            observed.add(refusal + " " + refusal.reply().code() + " "
                    + refusal.transaction().isPresent()
                    + refusal.recipient().map(r -> " " + r).orElse(""));
        }

        @Override
        public void refused(Session session, Refusal refusal) {
            refused.add(refusal.toString());
        }
    };

    private static final class RefuseAll implements ContentFilter {

        @Override
        public Reply connect(Session session, Chain<Session> next) {
            return NO;
        }

        @Override
        public Reply hello(Hello hello, Chain<Hello> next) {
            return NO;
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return NO;
        }

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            next.proceed(rcpt);
            return NO;
        }

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            return NO;
        }
    }

    private static final class ChangeAll implements ContentFilter {

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return next.proceed(mail.withSender(Mailbox.of("other@client.test")));
        }

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            return next.proceed(message.withContent(Content.of(new byte[] {'x'})));
        }
    }

    private Dialogue client(Filter filter) {
        return clientOf(proxy().filter(Observe.only(filter)).listener(listener));
    }

    private static void sends(Dialogue client) {
        client.greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("A: 1")
                .says("")
                .says("hello")
                .says(".")
                .hears("250");
    }

    @Test
    void its_refusals_are_events_and_nothing_is_refused() {
        sends(client(new RefuseAll()));
        assertThat(destination.messages()).containsExactly("A: 1\r\n\r\nhello\r\n");
        await().untilAsserted(() -> assertThat(observed)
                .containsExactly(
                        "CONNECT by FILTER RefuseAll 550 false",
                        "EHLO by FILTER RefuseAll 550 false",
                        "MAIL by FILTER RefuseAll 550 true",
                        "RCPT by FILTER RefuseAll 550 true <b@dest.test>",
                        "DATA by FILTER RefuseAll 550 true"));
        assertThat(refused).isEmpty();
    }

    @Test
    void its_changes_are_dropped() {
        sends(client(new ChangeAll()));
        assertThat(destination.messages()).containsExactly("A: 1\r\n\r\nhello\r\n");
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test>");
        assertThat(observed).isEmpty();
    }

    @Test
    void its_verdict_is_an_attribute_for_filters_after_it() {
        List<String> verdicts = new CopyOnWriteArrayList<>();
        Filter after = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                verdicts.add(next.session().attribute(Observe.VERDICT).orElseThrow() + ", "
                        + next.transaction().attribute(Observe.VERDICT).orElseThrow());
                return next.proceed(rcpt);
            }
        };
        sends(clientOf(proxy().filter(Observe.only(new RefuseAll())).filter(after)));
        assertThat(verdicts).containsExactly("EHLO by FILTER RefuseAll, MAIL by FILTER RefuseAll");
    }

    @Test
    void a_refusal_of_the_destination_is_not_its_own() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        client(new Filter() {})
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550 5.1.1");
        assertThat(observed).isEmpty();
        assertThat(refused).hasSize(1);
    }

    @Test
    void nor_is_a_copy_of_it() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        client(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return Reply.copyOf(next.proceed(rcpt));
                    }
                })
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550 5.1.1");
        assertThat(observed).isEmpty();
    }

    @Test
    void what_it_throws_is_logged_and_the_command_goes_on() {
        try (CapturedLog log = new CapturedLog()) {
            sends(client(new Filter() {
                @Override
                public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                    throw new AssertionError("broken");
                }

                @Override
                public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                    next.proceed(rcpt);
                    return next.proceed(rcpt);
                }
            }));
            assertThat(log.lines())
                    .filteredOn(l -> l.contains("is observed, failed"))
                    .hasSize(2);
        }
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void a_body_that_it_reads_is_delivered_whole() {
        List<String> read = new CopyOnWriteArrayList<>();
        sends(client(ContentFilters.looking((message, next) -> {
            read.add(ContentFilters.read(message.content()));
            return NO;
        })));
        assertThat(read).containsExactly("hello\r\n");
        assertThat(destination.messages()).containsExactly("A: 1\r\n\r\nhello\r\n");
    }

    @Test
    void a_body_that_is_too_large_for_it_is_delivered_whole() {
        String body = "a line of some length\r\n".repeat(10_000);
        ContentFilter small =
                ContentFilters.looking((message, next) -> message.keepUpTo(1_000) ? next.proceed(message) : NO);
        clientOf(proxy(ENDPOINT.spool(100, 2_000)).filter(Observe.only(small)).listener(listener))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("A: 1\r\n\r\n" + body + ".\r\n")
                .hears("250");
        assertThat(destination.messages()).containsExactly("A: 1\r\n\r\n" + body);
        await().untilAsserted(() -> assertThat(observed).hasSize(1));
    }

    @Test
    void a_group_stays_a_group() {
        client(new Filter() {})
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>")
                .hears("250")
                .hears("250")
                .hears("250");
        assertThat(destination.groups()).containsExactly(1, 3);
    }
}
