package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttling.Answer;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.SlowByAnswers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The destination's own answers throttle. */
@Timeout(60)
class SlowByAnswersTest extends ProxyTest {

    private static final String TOO_FAST = "450 4.7.1 You send at too high a rate";

    private final SetClock clock = new SetClock();
    private final MemoryStore store = MemoryStore.ofAtMost(1000, clock::nanos);
    private final List<Throttled> told = new CopyOnWriteArrayList<>();
    private CapturedLog log;

    @BeforeEach
    void captures_what_is_logged() {
        log = new CapturedLog(SlowByAnswers.class);
    }

    @AfterEach
    void gives_the_log_back() {
        log.close();
    }

    private SlowByAnswers twice(SlowByAnswers made) {
        return made.after(2, Duration.ofMinutes(1)).in(store).clock(clock);
    }

    private SmtpProxyBuilder with(SmtpProxyBuilder proxy, SlowByAnswers answers) {
        return proxy.throttle(answers).listener(answers).listener(new ProxyListener() {
            @Override
            public void throttled(Session session, Throttled decision) {
                told.add(decision);
            }
        });
    }

    private Dialogue client(SmtpProxy proxy) {
        return clientOf(proxy).greets();
    }

    private static Dialogue mail(Dialogue client, String sender, String reply) {
        client.says("MAIL FROM:<" + sender + ">").hears(reply);
        return reply.startsWith("250") ? client.says("RSET").hears("250") : client;
    }

    private static Dialogue rcpt(Dialogue client, String recipient, String reply) {
        return client.says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<" + recipient + ">")
                .hears(reply)
                .says("RSET")
                .hears("250");
    }

    private static String suspended(int seconds) {
        return "451 4.7.1 The destination takes no more now, try again in " + seconds + " seconds";
    }

    @Test
    void a_destination_that_asks_for_less_is_not_asked_for_a_minute() {
        destination.on("RCPT TO:<b@").reply(TOO_FAST);
        SmtpProxy proxy = started(with(proxy(), twice(SlowByAnswers.destination())));
        Dialogue client = client(proxy);
        rcpt(rcpt(client, "b@x.test", TOO_FAST), "b@y.test", TOO_FAST);
        mail(client, "a@x.test", suspended(60));
        clock.pass(Duration.ofSeconds(20));
        mail(client(proxy), "other@y.test", suspended(40));
        assertThat(destination.heard("MAIL")).hasSize(2);
        clock.pass(Duration.ofSeconds(40));
        mail(client, "a@x.test", "250");
        assertThat(log.lines()).hasSize(1).allMatch(line -> line.contains("suspended for PT1M"));
    }

    @Test
    void each_further_time_lasts_twice_as_long_up_to_the_longest_and_is_forgotten_when_it_was_quiet() {
        destination.on("MAIL").reply("421 4.7.0 Too many connections");
        SlowByAnswers answers = SlowByAnswers.destination()
                .after(1, Duration.ofMinutes(1))
                .lasting(Duration.ofMinutes(1), Duration.ofMinutes(3));
        SmtpProxy proxy = started(with(
                proxy(), answers.forgetting(Duration.ofMinutes(10)).in(store).clock(clock)));
        for (int minutes : new int[] {1, 2, 3, 3}) {
            mail(client(proxy), "a@x.test", "421 4.7.0 Too many");
            mail(client(proxy), "a@x.test", suspended(60 * minutes));
            clock.pass(Duration.ofMinutes(minutes));
        }
        clock.pass(Duration.ofMinutes(10));
        mail(client(proxy), "a@x.test", "421 4.7.0 Too many");
        mail(client(proxy), "a@x.test", suspended(60));
    }

    @Test
    void answers_that_are_too_far_apart_change_nothing() {
        destination.on("RCPT TO:<b@").reply(TOO_FAST);
        Dialogue client = client(started(with(proxy(), twice(SlowByAnswers.destination()))));
        for (int i = 0; i < 4; i++) {
            rcpt(client, "b@x.test", TOO_FAST);
            clock.pass(Duration.ofMinutes(1));
        }
        mail(client, "a@x.test", "250");
    }

    @Test
    void a_decision_is_an_event_with_its_rule_and_its_end() {
        destination.on("RCPT TO:<b@").reply(TOO_FAST);
        Dialogue client = client(started(with(proxy(), twice(SlowByAnswers.destination()))));
        rcpt(rcpt(client, "b@x.test", TOO_FAST), "b@y.test", TOO_FAST);
        mail(client, "a@x.test", "451");
        assertThat(told)
                .extracting(Throttled::toString)
                .containsExactly("SlowByAnswers REFUSED destination:answers=2/min key=" + destination.destination()
                        + " retry-after=60000ms");
    }

    @Test
    void a_sender_is_suspended_alone() {
        destination.on("MAIL FROM:<bad@x.test>").reply(TOO_FAST);
        Dialogue client = client(started(with(proxy(), twice(SlowByAnswers.by(LimitKey.sender())))));
        mail(client, "bad@x.test", TOO_FAST);
        mail(client, "good@x.test", "250");
        mail(client, "Bad@X.test", TOO_FAST);
        mail(client, "BAD@x.test", suspended(60));
        mail(client, "good@x.test", "250");
    }

    @Test
    void a_recipients_domain_is_suspended_at_rcpt_also_by_the_answer_to_a_message() {
        destination.on(".").reply("451 4.7.1 Messages temporarily deferred due to unexpected volume");
        SmtpProxy proxy = started(with(
                proxy(ENDPOINT, Router.byRecipientDomain().otherwise(destination.destination())),
                twice(SlowByAnswers.by(LimitKey.recipientDomain()))));
        Dialogue client = client(proxy);
        for (int i = 0; i < 2; i++) {
            client.envelope().says("DATA").hears("354").says(".").hears("451 4.7.1 Messages");
        }
        rcpt(client, "c@DEST.test", suspended(60));
        rcpt(client, "c@other.test", "250");
        assertThat(destination.heard("RCPT TO:<c@DEST")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_destination_that_is_known_late_is_left_alone_unless_it_is_the_only_one(boolean only) {
        destination.on("RCPT TO:<b@").reply(TOO_FAST);
        SlowByAnswers answers =
                only ? SlowByAnswers.destination(destination.destination()) : SlowByAnswers.destination();
        SmtpProxy proxy = started(with(proxy().multiplexing(Pool.max(1)), twice(answers)));
        Dialogue client = client(proxy);
        rcpt(rcpt(client, "b@x.test", TOO_FAST), "b@y.test", TOO_FAST);
        mail(client, "a@x.test", only ? suspended(60) : "250");
        proxy.close();
    }

    @Test
    void proxies_that_share_their_state_suspend_together() {
        destination.on("RCPT TO:<b@").reply(TOO_FAST);
        SharedState shared = SharedState.of(store, MemoryLimits.ofAtMost(10));
        SmtpProxy one = started(with(
                proxy().sharedState(shared),
                SlowByAnswers.destination().after(2, Duration.ofMinutes(1)).clock(clock)));
        SmtpProxy other = started(with(
                proxy().sharedState(shared),
                SlowByAnswers.destination().after(2, Duration.ofMinutes(1)).clock(clock)));
        rcpt(client(one), "b@x.test", TOO_FAST);
        rcpt(client(other), "b@x.test", TOO_FAST);
        mail(client(one), "a@x.test", suspended(60));
    }

    @Test
    void a_delay_in_place_of_a_refusal_asks_the_destination() {
        destination.on("RCPT TO:<b@").reply(TOO_FAST);
        SlowByAnswers slow = twice(SlowByAnswers.destination()).delaying(Duration.ofMillis(1));
        Dialogue client = client(started(with(proxy(), slow)));
        rcpt(rcpt(client, "b@x.test", TOO_FAST), "b@y.test", TOO_FAST);
        mail(client, "a@x.test", "250");
        assertThat(told).extracting(Throttled::delay).containsExactly(Duration.ofMillis(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "421 4.7.0 Too many connections from you",
                "421 No service now",
                "450 4.7.1 Error: too much mail from 192.0.2.1",
                "450 4.7.1 Error: too many recipients from 192.0.2.1",
                "450 4.7.0 Sending rate exceeded",
                "451 4.7.650 The mail server has been temporarily rate limited due to IP reputation",
                "451 4.7.500 Server busy. Please try again later",
                "452 4.3.1 Message throttled",
            })
    void answers_that_ask_for_less(String line) {
        assertThat(suspends(line)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "450 4.2.0 Greylisted, try again later",
                "450 4.2.1 The user receives mail at a rate that prevents this",
                "451 4.7.1 Greylisting in action, please try again later",
                "451 4.3.0 Temporary lookup failure",
                "452 4.5.3 Too many recipients",
                "452 Too many recipients",
                "452 4.2.2 Mailbox full",
                "550 5.7.1 Rate limited",
                "450 4.1.8 Separate accelerated corporate address",
            })
    void answers_that_are_about_one_mailbox_or_message_do_not(String line) {
        assertThat(suspends(line)).isFalse();
    }

    private boolean suspends(String answer) {
        destination.on("RCPT TO:<b@").reply(answer);
        SlowByAnswers once = SlowByAnswers.destination(destination.destination())
                .after(1, Duration.ofMinutes(1))
                .in(store)
                .clock(clock);
        SmtpProxy proxy = started(with(proxy(), once));
        client(proxy)
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<b@x.test>")
                .hears(answer);
        return client(proxy).says("MAIL FROM:<a@x.test>").reply().get(0).startsWith("451");
    }

    @Test
    void a_timeout_of_the_destination_asks_for_nothing() {
        destination.on("RCPT TO:<b@").reply("421 dest.test Error: timeout exceeded");
        destination.on("RCPT TO:<c@").reply("421 4.4.2 Idle");
        assertThat(suspendsAtAll("b")).isFalse();
        assertThat(suspendsAtAll("c")).isFalse();
    }

    private boolean suspendsAtAll(String recipient) {
        SlowByAnswers once = SlowByAnswers.destination()
                .after(1, Duration.ofMinutes(1))
                .in(store)
                .clock(clock);
        SmtpProxy proxy = started(with(proxy(), once));
        client(proxy)
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<" + recipient + "@x.test>")
                .hears("421");
        return !client(proxy).says("MAIL FROM:<a@x.test>").reply().get(0).startsWith("250");
    }

    @Test
    void answers_of_ones_own_count_in_place_of_the_usual_ones() {
        destination.on("MAIL").reply("554 5.7.1 Blocked for SPAM today");
        SlowByAnswers own = SlowByAnswers.destination()
                .on(List.of(Answer.of(554, "blocked for spam")))
                .after(1, Duration.ofMinutes(1));
        SmtpProxy proxy = started(with(proxy(), own.in(store).clock(clock)));
        mail(client(proxy), "a@x.test", "554");
        mail(client(proxy), "a@x.test", "451 4.7.1");
    }

    @Test
    void while_the_store_is_down_nobody_is_suspended() {
        destination.on("RCPT TO:<b@").reply(TOO_FAST);
        SlowByAnswers answers = SlowByAnswers.destination()
                .after(1, Duration.ofMinutes(1))
                .in(new Store() {
                    @Override
                    public Optional<String> get(String key) {
                        throw new IllegalStateException("down");
                    }

                    @Override
                    public boolean replace(String key, Optional<String> expected, String value, Duration lifetime) {
                        throw new IllegalStateException("down");
                    }
                });
        Dialogue client = client(started(with(proxy(), answers)));
        rcpt(client, "b@x.test", TOO_FAST);
        mail(client, "a@x.test", "250");
        assertThat(log.lines()).allMatch(line -> line.contains("the store of answers is down: "));
    }

    @Test
    void settings_are_checked_with_their_names() {
        SlowByAnswers answers = SlowByAnswers.destination();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> answers.after(0, Duration.ofMinutes(1)))
                .withMessage("number must be between 1 and 1000000, was 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> answers.after(1, Duration.ZERO))
                .withMessageStartingWith("within must be ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> answers.lasting(Duration.ofMinutes(2), Duration.ofMinutes(1)))
                .withMessageStartingWith("first must be ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> answers.forgetting(Duration.ofDays(2)))
                .withMessageStartingWith("quiet must be ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> answers.delaying(Duration.ofSeconds(61)))
                .withMessageStartingWith("delaying must be ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> answers.on(List.of()))
                .withMessage("answers must be at least 1, was 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Answer.of(250, ""))
                .withMessage("code must be between 400 and 599, was 250");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Answer.of(450, "("))
                .withMessageStartingWith("regex is none: ");
        assertThat(answers).hasToString("destination:answers=5/min");
        assertThat(Answer.of(450, "x")).hasToString("450 x");
    }
}
