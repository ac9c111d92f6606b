package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every refusal that a client hears is one event and one line in the log: who refused, what, and with which reply. */
class RefusalsToldTest extends ProxyTest {

    private static final Reply NO = Reply.reject("5.7.1", "No");

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final CapturedLog log = new CapturedLog();

    private final ProxyListener listener = new ProxyListener() {
        @Override
        public void refused(Session session, Refusal refusal) {
            told.add(refusal.verb() + " " + refusal.by() + " " + refusal.name() + " " + refusal.reply()
                    + refusal.transaction()
                            .map(t -> " in " + t.id().replaceFirst(".*-", ""))
                            .orElse(""));
        }

        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            outcomes.add(outcome);
        }
    };

    @AfterEach
    void logAsUsual() {
        log.close();
    }

    private Dialogue client(SmtpProxyBuilder builder) {
        return clientOf(builder.listener(listener));
    }

    private void told(String... refusals) {
        await().untilAsserted(() -> assertThat(told).containsExactly(refusals));
        assertThat(log.lines()).filteredOn(l -> l.contains(" refused-by=")).hasSize(refusals.length);
    }

    private String there() {
        return destination.destination().toString();
    }

    private Outcome outcome() {
        await().untilAsserted(() -> assertThat(outcomes).hasSize(1));
        return outcomes.get(0);
    }

    private String transactionLine() {
        outcome();
        return log.lines().stream()
                .filter(l -> l.contains(" outcome="))
                .findFirst()
                .orElse("");
    }

    /** Refuses one kind of step. */
    private static final class Doorman implements Throttle {
        private final Class<? extends Step> kind;

        Doorman(Class<? extends Step> kind) {
            this.kind = kind;
        }

        @Override
        public Pace before(Step step) {
            return kind.isInstance(step) ? Pace.refuse(NO) : Pace.go();
        }
    }

    /** Refuses at one step. */
    private static final class Strict implements Filter {
        private final String step;

        Strict(String step) {
            this.step = step;
        }

        @Override
        public Reply connect(Session session, Chain<Session> next) {
            return step.equals("CONNECT") ? NO : next.proceed(session);
        }

        @Override
        public Reply hello(Hello hello, Chain<Hello> next) {
            return step.equals("EHLO") ? NO : next.proceed(hello);
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return step.equals("MAIL") ? NO : next.proceed(mail);
        }

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            return step.equals("RCPT") ? NO : next.proceed(rcpt);
        }
    }

    /** Refuses every message, and looks at none of its octets. */
    private static final class Deaf implements ContentFilter {
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            return NO;
        }
    }

    /** As a filter that looks at an answer and says it in words of its own. */
    private static final class Translator implements Filter {
        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            return next.proceed(rcpt).isRefusal() ? Reply.reject("5.1.1", "Nobody of that name") : next.proceed(rcpt);
        }
    }

    @Test
    void a_throttle_at_connect() {
        client(proxy().throttle(new Doorman(Step.Connect.class)))
                .hears("550")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        told("CONNECT THROTTLE Doorman 550 5.7.1 No");
    }

    @Test
    void a_throttle_at_any_command() {
        Throttle noVrfy = new Doorman(Step.Command.class);
        client(proxy().throttle(noVrfy)).hears("220").says("VRFY you").hears("550");
        told("VRFY THROTTLE Doorman 550 5.7.1 No");
    }

    @Test
    void a_throttle_at_mail() {
        client(proxy().throttle(new Doorman(Step.Mail.class)))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("550");
        told("MAIL THROTTLE Doorman 550 5.7.1 No");
    }

    @Test
    void a_throttle_at_rcpt() {
        client(proxy().throttle(new Doorman(Step.Rcpt.class)))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550");
        told("RCPT THROTTLE Doorman 550 5.7.1 No in 1");
    }

    @ParameterizedTest
    @EnumSource
    void a_throttle_at_data(Looking looking) {
        client(looking.in(proxy()).throttle(new Doorman(Step.Data.class)))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("550");
        told("DATA THROTTLE Doorman 550 5.7.1 No in 1");
    }

    @ParameterizedTest
    @EnumSource
    void a_throttle_at_a_chunk(Looking looking) {
        destination.takesChunks();
        client(looking.in(proxy()).throttle(new Doorman(Step.Data.class)))
                .greets()
                .envelope()
                .sends("BDAT 7 LAST\r\nhello\r\n")
                .hears("550");
        told("BDAT THROTTLE Doorman 550 5.7.1 No in 1");
    }

    @Test
    void a_throttle_that_ends_the_session_over_a_refusal() {
        Reply enough = Reply.refusal(421, "4.7.0", "Enough");
        destination.on("MAIL").reply("550 5.1.8 no");
        client(proxy().throttle(step -> step instanceof Step.Refusal ? Pace.refuse(enough) : Pace.go()))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("421")
                .hearsTheEnd();
        told("MAIL THROTTLE RefusalsToldTest$$Lambda 421 4.7.0 Enough in 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONNECT", "EHLO", "MAIL", "RCPT"})
    void a_filter_at_a_command(String step) {
        Dialogue client = client(proxy().filter(new PassesOn()).filter(new Strict(step)));
        if (!step.equals("CONNECT")) {
            client.hears("220").says("EHLO client.test").hears(step.equals("EHLO") ? "550" : "250");
        } else {
            client.hears("550").says("QUIT").hears("221").hearsTheEnd();
        }
        if (step.equals("MAIL") || step.equals("RCPT")) {
            client.says("MAIL FROM:<a@client.test>").hears(step.equals("MAIL") ? "550" : "250");
        }
        if (step.equals("RCPT")) {
            client.says("RCPT TO:<b@dest.test>").hears("550");
        }
        boolean inTransaction = step.equals("MAIL") || step.equals("RCPT");
        told(step + " FILTER Strict 550 5.7.1 No" + (inTransaction ? " in 1" : ""));
    }

    /** Passes all on: what comes from behind it is not its own. */
    private static final class PassesOn implements Filter {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            Reply reply = next.proceed(mail);
            return reply.isRefusal() ? Reply.parse(reply.wireLines()) : reply;
        }
    }

    @Test
    void a_filter_at_data() {
        client(proxy().filter(new Deaf()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("550");
        told("DATA FILTER Deaf 550 5.7.1 No in 1");
    }

    @Test
    void a_filter_at_the_last_chunk() {
        destination.takesChunks();
        client(proxy().filter(new Deaf()))
                .greets()
                .envelope()
                .sends("BDAT 7 LAST\r\nhello\r\n")
                .hears("550");
        told("BDAT FILTER Deaf 550 5.7.1 No in 1");
    }

    @Test
    void a_filter_that_fails() {
        Filter failing = new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                throw new AssertionError("broken");
            }
        };
        client(proxy().filter(failing))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("451 4.3.0");
        told("MAIL FILTER RefusalsToldTest$2 451 4.3.0 Temporary failure, try again later in 1");
    }

    @Test
    void the_destination_at_each_command() {
        destination
                .on("MAIL FROM:<no@client.test>")
                .reply("550 5.1.8 sender")
                .on("RCPT TO:<no@dest.test>")
                .reply("550 5.1.1 recipient")
                .on("DATA")
                .reply("451 4.3.0 not now");
        client(proxy().filter(new Filter() {}))
                .greets()
                .says("MAIL FROM:<no@client.test>")
                .hears("550")
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<no@dest.test>", "RCPT TO:<b@dest.test>", "DATA")
                .hears("250")
                .hears("550")
                .hears("250")
                .hears("451");
        told(
                "MAIL DESTINATION " + there() + " 550 5.1.8 sender in 1",
                "RCPT DESTINATION " + there() + " 550 5.1.1 recipient in 2",
                "DATA DESTINATION " + there() + " 451 4.3.0 not now in 2");
    }

    @ParameterizedTest
    @EnumSource
    void the_destination_at_the_end_of_data(Looking looking) {
        destination.on(".").reply("554 5.7.1 spam");
        client(looking.in(proxy()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("554");
        told("DATA DESTINATION " + there() + " 554 5.7.1 spam in 1");
    }

    @Test
    void the_destination_in_the_words_of_a_filter() {
        destination.on("RCPT").reply("550 5.1.1 no");
        client(proxy().filter(new Translator()))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550 5.1.1 Nobody");
        told("RCPT FILTER Translator 550 5.1.1 Nobody of that name in 1");
    }

    @Test
    void the_destination_whose_words_are_the_proxys_own() {
        destination.on("RCPT").reply("452 4.5.3 Too many recipients");
        client(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("452");
        told("RCPT DESTINATION " + there() + " 452 4.5.3 Too many recipients in 1");
    }

    @Test
    void a_destination_that_was_lost() {
        destination.on("RCPT").fail(Fault.CLOSE);
        client(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("421")
                .hearsTheEnd();
        told("RCPT PROXY " + there() + " 421 4.4.2 Connection to destination lost in 1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_router(boolean fails) {
        Router router = (session, mail, rcpt) -> {
            if (fails) {
                throw new StackOverflowError();
            }
            return Route.refuse(NO);
        };
        client(proxy(ENDPOINT, router))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears(fails ? "451" : "550");
        told("RCPT ROUTER RefusalsToldTest$$Lambda "
                + (fails ? "451 4.3.0 Temporary failure, try again later" : "550 5.7.1 No") + " in 1");
    }

    @Test
    void a_filter_that_limits_the_size() {
        destination.takesChunks();
        Dialogue client = client(proxy().filter(new PassesOn()).filter(LimitSize.to(100)));
        client.greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("x".repeat(200))
                .says(".")
                .hears("552");
        client.envelope().sends("BDAT 150 LAST\r\n" + "x".repeat(150)).hears("552");
        client.says("MAIL FROM:<a@client.test> SIZE=1000").hears("552");
        told(
                "DATA FILTER LimitSize 552 5.3.4 Message is too big in 1",
                "BDAT FILTER LimitSize 552 5.3.4 Message is too big in 2",
                "MAIL FILTER LimitSize 552 5.3.4 Message is too big in 3");
    }

    @Test
    void the_limit_of_recipients() {
        client(proxy(ENDPOINT.maxRecipients(1)))
                .greets()
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("452");
        told("RCPT LIMIT maxRecipients 452 4.5.3 Too many recipients in 1");
    }

    @Test
    void the_limit_of_connections() {
        SmtpProxy proxy = started(proxy(ENDPOINT.maxConnections(1)).listener(listener));
        clientOf(proxy).greets();
        clientOf(proxy).hears("421 4.3.2").hearsTheEnd();
        clientOf(proxy).hears("421 4.3.2").hearsTheEnd();
        String refused = "CONNECT LIMIT maxConnections 421 4.3.2 Too many connections";
        await().untilAsserted(() -> assertThat(told).containsExactly(refused, refused));
        assertThat(log.lines()).filteredOn(l -> l.startsWith("maxConnections")).hasSize(1);
    }

    @Test
    void the_limit_of_errors() {
        client(proxy(ENDPOINT.maxErrors(1)))
                .greets()
                .says("secret-that-is-no-command")
                .hears("500")
                .says("RCPT")
                .hears("421")
                .hearsTheEnd();
        told(
                "- DESTINATION " + there() + " 500 5.5.1 dest.test does not know that",
                "RCPT LIMIT maxErrors 421 4.7.0 Too many errors");
        assertThat(log.lines()).noneMatch(l -> l.contains("secret"));
    }

    @Test
    void the_patience_with_a_client() {
        client(proxy().timeouts(Timeouts.defaults().clientCommand(Duration.ofMillis(100))))
                .hears("220")
                .hears("421")
                .hearsTheEnd();
        told("- LIMIT clientCommand 421 4.4.2 Idle for too long");
    }

    @Test
    void a_login_that_fails() {
        client(proxy(ENDPOINT.authenticate((user, password) -> false).plaintextAuthentication(true)))
                .greets()
                .says("AUTH PLAIN AHUAcA==")
                .hears("535");
        told("AUTH PROXY  535 5.7.8 Authentication credentials invalid");
    }

    @Test
    void a_relayed_login_that_fails_and_no_secret_is_written() {
        destination.offers("AUTH PLAIN").on("AUTH").reply("535 5.7.8 not AHNlY3JldABzZWNyZXQ=");
        client(proxy()).greets().says("AUTH PLAIN AHNlY3JldABzZWNyZXQ=").hears("535");
        told("AUTH DESTINATION " + there() + " 535 5.7.8 not AHNlY3JldABzZWNyZXQ=");
        assertThat(log.lines())
                .anyMatch(l -> l.endsWith(
                        "client=127.0.0.1 verb=AUTH refused-by=DESTINATION:" + there() + " reply=\"535 5.7.8\""));
    }

    @Test
    void no_client_fills_the_disk_with_refusals() {
        destination.on("VRFY").reply("550 5.7.1 no");
        Dialogue client = client(proxy()).greets();
        int all = 1_100;
        for (int i = 0; i < all; i++) {
            client.says("VRFY you").hears("550");
        }
        assertThat(told).hasSize(all);
        assertThat(log.lines()).filteredOn(l -> l.contains(" refused-by=")).hasSize(1_000);
        assertThat(log.lines())
                .filteredOn(l -> l.endsWith(": further refusals are left out"))
                .hasSize(1);
    }

    @Test
    void no_reply_can_leave_its_quotes() {
        destination.on("RCPT").reply("550 5.1.1 no\" outcome=DELIVERED reply=\"250");
        client(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550")
                .close();
        String quoted = " reply=\"550 5.1.1 no\\x22 outcome=DELIVERED reply=\\x22250\"";
        assertThat(transactionLine()).contains(quoted);
        assertThat(log.lines()).anyMatch(l -> l.contains(" refused-by=") && l.endsWith(quoted));
    }

    @Test
    void the_line_says_all_of_it() {
        destination.on("RCPT").reply("550 5.1.1 who\u0007?");
        client(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550");
        await().untilAsserted(() -> assertThat(log.lines())
                .anyMatch(l -> l.matches("s[0-9a-z]+-1 client=127.0.0.1" + " verb=RCPT refused-by=DESTINATION:"
                        + there() + " reply=\"550 5\\.1\\.1 who.*\\?\"")));
        assertThat(log.lines()).noneMatch(l -> l.indexOf('\u0007') >= 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "QUIT", "EHLO client.test", "DATA", "(leaves)"})
    void a_transaction_all_of_whose_recipients_are_refused_is_refused(String end) {
        destination
                .on("RCPT TO:<b@dest.test>")
                .reply("550 5.1.1 b")
                .on("RCPT TO:<c@dest.test>")
                .reply("550 5.1.1 c");
        Dialogue client = client(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550")
                .says("RCPT TO:<c@dest.test>")
                .hears("550");
        if (!end.startsWith("(")) {
            client.says(end).reply();
        }
        client.close();
        Outcome outcome = outcome();
        assertThat(outcome.result()).isEqualTo(Outcome.Result.REFUSED);
        assertThat(outcome.reply()).contains(Reply.of(550, "5.1.1 c"));
        assertThat(outcome.recipientsAccepted()).isZero();
        assertThat(outcome.recipientsAsked()).isEqualTo(2);
        assertThat(transactionLine()).contains(" recipients=0/2 ", " outcome=REFUSED reply=\"550 5.1.1 c\"");
    }

    @Test
    void all_recipients_that_a_throttle_refuses_unseen_count() {
        client(proxy().throttle(s -> s instanceof Step.Command c && c.verb().equals("RCPT")
                        ? Pace.refuse(Reply.reject("5.7.1", "No"))
                        : Pace.go()))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550")
                .says("QUIT")
                .hears("221");
        assertThat(outcome().result()).isEqualTo(Outcome.Result.REFUSED);
        assertThat(transactionLine()).contains(" recipients=0/1 ", " outcome=REFUSED reply=\"550 5.7.1 No\"");
    }

    @Test
    void all_recipients_refused_in_one_group_with_data() {
        destination.on("RCPT").reply("550 5.1.1 no").on("DATA").reply("554 5.5.1 no valid recipients");
        client(proxy())
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA", "QUIT")
                .hears("250")
                .hears("550")
                .hears("554")
                .hears("221")
                .hearsTheEnd();
        assertThat(outcome().result()).isEqualTo(Outcome.Result.REFUSED);
        assertThat(outcome().reply()).contains(Reply.of(550, "5.1.1 no"));
    }

    @Test
    void a_transaction_tells_how_many_recipients_were_accepted_where_it_went_who_sent_it_and_how() {
        destination.on("RCPT TO:<no@dest.test>").reply("550 5.1.1 no");
        client(proxy(ENDPOINT.authenticate((user, password) -> true).plaintextAuthentication(true)))
                .greets()
                .says("AUTH PLAIN AGEgYgBw")
                .hears("235")
                .envelope()
                .says("RCPT TO:<no@dest.test>")
                .hears("550")
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(outcome().recipientsAccepted()).isEqualTo(1);
        assertThat(outcome().recipientsAsked()).isEqualTo(2);
        assertThat(outcome().destination()).contains(destination.destination());
        assertThat(transactionLine())
                .contains(
                        " login=a\\x20b tls=- ", " recipients=1/2 ", " destination=" + there() + " outcome=DELIVERED");
    }
}
