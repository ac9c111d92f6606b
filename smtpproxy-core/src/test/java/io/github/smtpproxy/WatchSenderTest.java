package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.WatchSender;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who sends what is refused is slowed, then held off. */
@Timeout(120)
class WatchSenderTest extends ProxyTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final String SENDER = "a@client.test";

    private final SetClock clock = new SetClock();
    private final MemoryStore store = MemoryStore.ofAtMost(1000, clock::nanos);
    private final List<Throttled> told = new CopyOnWriteArrayList<>();
    private CapturedLog log;

    @BeforeEach
    void destination_knows_not_everybody() {
        log = new CapturedLog(WatchSender.class);
        destination.takesChunks().on("RCPT TO:<nobody@").reply("550 5.1.1 No such user");
    }

    @AfterEach
    void gives_the_log_back() {
        log.close();
    }

    /** Half of four, and a delay that is no wait. */
    private WatchSender watching(LimitKey key) {
        return WatchSender.by(key)
                .from(50, 4)
                .delaying(Duration.ofMillis(1))
                .in(store)
                .clock(clock);
    }

    private WatchSender watching() {
        return watching(LimitKey.sender());
    }

    private SmtpProxyBuilder with(Throttle throttle) {
        return with(proxy(), throttle);
    }

    private SmtpProxyBuilder with(SmtpProxyBuilder proxy, Throttle throttle) {
        return proxy.throttle(throttle)
                .filter(ContentFilters.looking((message, next) -> message.headers()
                        .first("Subject")
                        .filter(subject -> subject.equals("spam"))
                        .map(spam -> Reply.refusal(554, "5.7.1", "Spam"))
                        .orElseGet(() -> next.proceed(message))))
                .listener(new ProxyListener() {
                    @Override
                    public void throttled(Session session, Throttled decision) {
                        told.add(decision);
                    }
                });
    }

    private Dialogue client(SmtpProxyBuilder proxy) {
        return clientOf(proxy).greets();
    }

    private static Dialogue send(Dialogue client, String sender, String subject, boolean chunks, String reply) {
        client.says("MAIL FROM:<" + sender + ">").hears("250");
        client.says("RCPT TO:<b@dest.test>").hears("250");
        String message = "Subject: " + subject + "\r\n\r\nhello\r\n";
        Dialogue sent = chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message + ".\r\n");
        return sent.hears(reply);
    }

    private static Dialogue spam(Dialogue client, int times, boolean chunks) {
        for (int i = 0; i < times; i++) {
            send(client, SENDER, "spam", chunks, "554 5.7.1 Spam");
        }
        return client;
    }

    private static Dialogue good(Dialogue client, int times) {
        for (int i = 0; i < times; i++) {
            send(client, SENDER, "good", false, "250");
        }
        return client;
    }

    private static Dialogue tries(Dialogue client, String recipient, int times) {
        for (int i = 0; i < times; i++) {
            client.says("RCPT TO:<" + recipient + ">").hears(recipient.startsWith("nobody") ? "550 5.1.1" : "250");
        }
        return client;
    }

    private static String heldOff(int seconds) {
        return "450 4.7.1 Too much of your mail is refused, try again in " + seconds + " seconds";
    }

    private static Dialogue mail(Dialogue client, String reply) {
        return client.says("MAIL FROM:<" + SENDER + ">").hears(reply);
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void who_sends_spam_is_slowed_then_held_off_then_slowed_then_free(boolean pooled, boolean chunks) {
        SmtpProxyBuilder builder = with(watching().lasting(HOUR, Duration.ofHours(2)));
        SmtpProxy proxy = started(pooled ? builder.multiplexing(Pool.max(1)) : builder);
        Dialogue client = clientOf(proxy).greets();
        spam(client, 3, chunks);
        assertThat(told).isEmpty();
        spam(client, 1, chunks);
        assertThat(told).isEmpty();
        spam(client, 4, chunks);
        assertThat(told).hasSize(8).allMatch(t -> t.decision() == Throttled.Decision.DELAYED);
        mail(client, heldOff(7200));
        clock.pass(HOUR);
        mail(client, heldOff(3600));
        clock.pass(HOUR);
        told.clear();
        send(client, SENDER, "good", chunks, "250");
        assertThat(told).hasSize(2).allMatch(t -> t.retryAfter().equals(HOUR));
        clock.pass(HOUR);
        told.clear();
        send(client, SENDER, "good", chunks, "250");
        assertThat(told).isEmpty();
        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(0)).endsWith("sender:refused=50% of 4/h key=a@client.test: slowed for PT1H");
        assertThat(log.lines().get(1)).endsWith("held off for PT2H");
        proxy.close();
    }

    @Test
    void a_decision_is_an_event_with_its_rule_and_its_end() {
        Dialogue client = client(with(watching()));
        mail(spam(client, 8, false), heldOff(3600));
        assertThat(told.get(0))
                .hasToString("WatchSender DELAYED sender:refused=50% of 4/h key=a@client.test"
                        + " retry-after=3600000ms delay=1ms");
        assertThat(told.get(told.size() - 1))
                .hasToString("WatchSender REFUSED sender:refused=50% of 4/h key=a@client.test retry-after=3600000ms");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "550 5.7.1 Looks like spam | true",
                "554 5.7.1 Looks like spam | true",
                "550 5.7.26 Not authenticated | true",
                "554 Looks like spam | true",
                "451 4.7.1 Try later | false",
                "552 5.3.4 Too large | false",
                "554 5.6.0 Malformed | false",
                "550 5.1.1 No such user | false",
            })
    void what_the_destination_refuses_as_spam_counts_and_nothing_else(String reply, boolean counts) {
        destination.on(".").reply(reply);
        Dialogue client = client(with(watching()));
        for (int i = 0; i < 4; i++) {
            send(client, SENDER, "good", false, reply);
        }
        mail(client, "250");
        assertThat(told).hasSize(counts ? 1 : 0);
    }

    @Test
    void a_share_is_a_share_and_messages_that_are_not_sent_make_it_no_smaller() {
        Dialogue client = client(with(watching()));
        spam(good(client, 5), 4, false);
        for (int i = 0; i < 20; i++) {
            mail(client, "250")
                    .says("RCPT TO:<b@dest.test>")
                    .hears("250")
                    .says("RSET")
                    .hears("250");
        }
        assertThat(told).isEmpty();
        spam(client, 1, false);
        mail(client, "250");
        assertThat(told).hasSize(1);
    }

    @Test
    void a_message_that_is_taken_leads_to_nothing() {
        Dialogue client = client(with(watching()));
        good(good(spam(client, 3, false), 1), 1);
        assertThat(told).isEmpty();
        spam(client, 1, false);
        mail(client, "250");
        assertThat(told).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void who_tries_names_is_slowed_and_held_off_within_his_transaction(boolean pooled) {
        SmtpProxyBuilder builder = with(watching());
        SmtpProxy proxy = started(pooled ? builder.multiplexing(Pool.max(1)) : builder);
        Dialogue client = clientOf(proxy).greets();
        mail(client, "250");
        tries(tries(client, "b@dest.test", 2), "nobody@dest.test", 2);
        assertThat(told).isEmpty();
        tries(client, "nobody@dest.test", 4);
        assertThat(told).hasSize(4).allMatch(t -> t.decision() == Throttled.Decision.DELAYED);
        client.says("RCPT TO:<b@dest.test>").hears(heldOff(3600));
        client.says("RSET").hears("250");
        mail(client, heldOff(3600));
        proxy.close();
    }

    @Test
    void known_recipients_make_the_share_smaller_once_their_message_comes() {
        Dialogue client = client(with(watching()));
        mail(client, "250");
        tries(client, "b@dest.test", 5);
        client.says("DATA").hears("354").sends("Subject: good\r\n\r\n.\r\n").hears("250");
        mail(client, "250");
        tries(client, "nobody@dest.test", 4);
        assertThat(told).isEmpty();
        tries(client, "nobody@dest.test", 2);
        assertThat(told).hasSize(1);
    }

    @Test
    void what_is_old_fades_and_is_forgotten() {
        Dialogue client = client(with(watching()));
        spam(client, 3, false);
        clock.pass(HOUR.multipliedBy(2));
        spam(client, 3, false);
        clock.pass(Duration.ofMinutes(90));
        spam(client, 2, false);
        assertThat(told).isEmpty();
        clock.pass(Duration.ofMinutes(5));
        spam(client, 1, false);
        mail(client, "250");
        assertThat(told).hasSize(1);
    }

    @Test
    void others_and_the_null_path_are_free() {
        Dialogue client = client(with(watching()));
        spam(client, 8, false);
        client.says("MAIL FROM:<A@Client.test>").hears(heldOff(3600));
        send(client, "other@client.test", "good", false, "250");
        told.clear();
        for (int i = 0; i < 9; i++) {
            send(client, "", "spam", false, "554");
        }
        client.says("MAIL FROM:<>").hears("250");
        assertThat(told).isEmpty();
    }

    @Test
    void a_user_is_the_same_under_any_sender() {
        SmtpProxyBuilder proxy =
                proxy(ENDPOINT.authenticate((user, password) -> true).plaintextAuthentication(true));
        SmtpProxy started = started(with(proxy, watching(LimitKey.user())));
        Dialogue client = clientOf(started).greets();
        client.says("AUTH PLAIN " + base64("\0alice\0x")).hears("235");
        for (int i = 0; i < 8; i++) {
            send(client, "x" + i + "@client.test", "spam", false, "554");
        }
        mail(client, heldOff(3600));
        assertThat(told).last().matches(t -> t.key().equals("alice"));
        Dialogue other = clientOf(started).greets();
        other.says("AUTH PLAIN " + base64("\0bob\0x")).hears("235");
        send(other, SENDER, "good", false, "250");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void one_that_is_only_observed_lets_all_go() {
        Dialogue client = client(with(Observe.only(watching())));
        spam(client, 12, false);
        good(client, 1);
        assertThat(told).isNotEmpty().allMatch(t -> t.decision() == Throttled.Decision.OBSERVED);
        assertThat(told).last().matches(t -> t.refusal().isPresent());
    }

    @Test
    void proxies_that_share_their_state_watch_together() {
        SharedState shared = SharedState.of(store, MemoryLimits.ofAtMost(10));
        WatchSender watching = WatchSender.by(LimitKey.sender()).from(50, 4).clock(clock);
        Dialogue one = client(with(proxy().sharedState(shared), watching));
        Dialogue other = client(with(
                proxy().sharedState(shared),
                WatchSender.by(LimitKey.sender())
                        .from(50, 4)
                        .delaying(Duration.ofMillis(1))
                        .clock(clock)));
        spam(one, 3, false);
        spam(other, 1, false);
        spam(other, 4, false);
        mail(one, heldOff(3600));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void who_is_slowed_holds_no_connection(boolean pooled) {
        SmtpProxyBuilder builder = with(watching().delaying(Duration.ofMinutes(1)));
        SmtpProxy proxy = started(pooled ? builder.multiplexing(Pool.max(1)) : builder);
        Dialogue client = clientOf(proxy).greets();
        spam(client, 4, false);
        client.says("MAIL FROM:<" + SENDER + ">");
        await().until(() -> told.size() == 1);
        if (pooled) {
            send(clientOf(proxy).greets(), "other@client.test", "good", false, "250");
        } else {
            await().until(() -> destination.openConnections() == 0);
        }
        client.close();
        proxy.close();
    }

    @Test
    void nobody_is_watched_while_the_store_is_down() {
        Store down = new Store() {
            @Override
            public Optional<String> get(String key) {
                throw new IllegalStateException("gone");
            }

            @Override
            public boolean replace(String key, Optional<String> expected, String value, Duration lifetime) {
                throw new IllegalStateException("gone");
            }
        };
        Dialogue client = client(with(watching().in(down)));
        spam(client, 9, false);
        good(client, 1);
        assertThat(told).isEmpty();
        assertThat(log.lines()).isNotEmpty().allMatch(line -> line.contains("the store of senders is down"));
    }

    @Test
    void settings_that_make_no_sense_are_refused() {
        WatchSender watching = watching();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> watching.from(0, 20))
                .withMessage("percent must be between 1 and 100, was 0");
        assertThatIllegalArgumentException().isThrownBy(() -> watching.from(101, 20));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> watching.from(30, 0))
                .withMessageStartingWith("atLeast must be between 1 and");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> watching.within(Duration.ZERO))
                .withMessageContaining("within");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> watching.lasting(HOUR, Duration.ofDays(2)))
                .withMessageContaining("heldOff");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> watching.delaying(HOUR))
                .withMessageContaining("delaying");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WatchSender.by(LimitKey.recipientDomain()))
                .withMessage("key of a sender must be known at MAIL, was recipient-domain");
        assertThat(watching).hasToString("sender:refused=50% of 4/h");
    }
}
