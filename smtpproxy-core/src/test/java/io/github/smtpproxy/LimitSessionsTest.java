package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitSessions;
import io.github.smtpproxy.throttling.LimitTransactions;
import io.github.smtpproxy.throttling.Throttles;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** So many at once, and the next one when one of them has ended. */
@Timeout(60)
class LimitSessionsTest extends ProxyTest {

    private static final String TOO_MANY = "421 4.7.0 Too many sessions at once, try again later";

    private final List<Throttled> told = new CopyOnWriteArrayList<>();

    private SmtpProxy proxyWith(Throttle throttle) {
        return started(proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")))
                .throttle(throttle)
                .listener(new ProxyListener() {
                    @Override
                    public void throttled(Session session, Throttled decision) {
                        told.add(decision);
                    }
                }));
    }

    private Dialogue announced(SmtpProxy proxy, String address) {
        return clientOf(proxy).greets().says("XCLIENT ADDR=" + address);
    }

    private static void ended(SmtpProxy proxy, int left) {
        await().until(() -> proxy.activeSessions() == left);
    }

    @Test
    void one_too_many_is_refused_until_one_has_ended() {
        SmtpProxy proxy = proxyWith(LimitSessions.by(LimitKey.client()).to(2));
        Dialogue one = clientOf(proxy).hears("220");
        clientOf(proxy).hears("220");
        clientOf(proxy).hearsLine(TOO_MANY).hearsTheEnd();
        one.says("QUIT").hears("221").hearsTheEnd();
        ended(proxy, 1);
        clientOf(proxy).hears("220");
        assertThat(destination.connections()).isEqualTo(3);
    }

    @Test
    void a_client_that_just_goes_gives_its_place_back() {
        SmtpProxy proxy = proxyWith(LimitSessions.by(LimitKey.client()).to(1));
        clientOf(proxy).greets().resets();
        ended(proxy, 0);
        clientOf(proxy).greets();
    }

    @Test
    void a_session_that_is_announced_to_be_anothers_counts_for_him_and_no_more_for_the_peer() {
        SmtpProxy proxy = proxyWith(LimitSessions.by(LimitKey.client()).to(1));
        Dialogue first = announced(proxy, "203.0.113.9").hears("220");
        announced(proxy, "203.0.113.9").hearsLine(TOO_MANY);
        announced(proxy, "203.0.113.10").hears("220");
        first.closes();
        ended(proxy, 1);
        announced(proxy, "203.0.113.9").hears("220");
    }

    @Test
    void by_a_name_that_is_known_later_it_counts_from_then_on_and_once() {
        SmtpProxy proxy = proxyWith(LimitSessions.by(LimitKey.helo()).to(1));
        Dialogue one =
                clientOf(proxy).greets().says("NOOP").hears("250").says("NOOP").hears("250");
        clientOf(proxy).greets().says("NOOP").hearsLine(TOO_MANY).hearsTheEnd();
        clientOf(proxy).hears("220").says("EHLO another.test").hears("250").envelope();
        one.says("EHLO third.test").hears("250").says("NOOP").hears("250");
        clientOf(proxy).greets().says("NOOP").hears("421");
        one.closes();
        ended(proxy, 1);
        clientOf(proxy).greets().envelope();
    }

    @Test
    void by_sender_it_counts_from_the_first_mail() {
        SmtpProxy proxy = proxyWith(LimitSessions.by(LimitKey.sender()).to(1));
        clientOf(proxy).greets().envelope();
        clientOf(proxy).greets().says("MAIL FROM:<a@client.test>").hears("421").hearsTheEnd();
        clientOf(proxy).greets().says("MAIL FROM:<b@client.test>").hears("250");
    }

    @Test
    void a_session_that_a_later_throttle_refuses_leaves_no_place_taken() {
        MemoryLimits limits = MemoryLimits.ofAtMost(10);
        Throttle none =
                step -> step instanceof Step.Connect ? Pace.refuse(Reply.refusal(421, "4.7.0", "Not you")) : Pace.go();
        LimitSessions one = LimitSessions.by(LimitKey.client()).to(1).in(limits);
        for (Throttle throttle : List.of(Throttles.all(one, none), one.unless(s -> false))) {
            SmtpProxy proxy = started(proxy().throttle(throttle).throttle(none));
            clientOf(proxy).hearsLine("421 4.7.0 Not you").hearsTheEnd();
            clientOf(proxy).hearsLine("421 4.7.0 Not you").hearsTheEnd();
            ended(proxy, 0);
        }
    }

    @Test
    void throttles_that_share_their_limits_hold_one_limit_together() {
        MemoryLimits limits = MemoryLimits.ofAtMost(10);
        LimitSessions one = LimitSessions.by(LimitKey.client()).to(1).in(limits);
        LimitSessions same = LimitSessions.by(LimitKey.client()).to(1).in(limits);
        SmtpProxy first = proxyWith(one);
        clientOf(first).greets();
        clientOf(proxyWith(same)).hearsLine(TOO_MANY);
    }

    @Test
    void who_is_exempt_when_he_comes_takes_no_place_and_gives_none_back() {
        List<Step> counted = new CopyOnWriteArrayList<>();
        List<Step> ended = new CopyOnWriteArrayList<>();
        Throttle counting = new Throttle() {
            @Override
            public Pace before(Step step) {
                counted.add(step);
                return Pace.go();
            }

            @Override
            public void ended(Step step) {
                ended.add(step);
            }
        };
        SmtpProxy proxy = proxyWith(counting.unless(s -> s.hello().isEmpty()));
        clientOf(proxy).greets().envelope().says("QUIT").hears("221");
        ended(proxy, 0);
        assertThat(counted).noneMatch(Step.Connect.class::isInstance);
        assertThat(ended).hasSize(1).allMatch(Step.Mail.class::isInstance);
    }

    @Test
    void one_that_is_only_observed_lets_all_in_and_tells_who_was_too_many() {
        SmtpProxy proxy =
                proxyWith(Observe.only(LimitSessions.by(LimitKey.client()).to(1)));
        Dialogue one = clientOf(proxy).greets();
        clientOf(proxy).greets();
        assertThat(told).singleElement().satisfies(t -> {
            assertThat(t).hasToString("LimitSessions OBSERVED client:sessions=1 key=127.0.0.1 remaining=0/1");
            assertThat(t.refusal()).map(Reply::code).contains(421);
        });
        one.closes();
        ended(proxy, 1);
    }

    @Test
    void what_an_observed_throttle_would_have_refused_does_not_end_for_it() {
        List<Step> ended = new CopyOnWriteArrayList<>();
        Throttle refusing = new Throttle() {
            @Override
            public Pace before(Step step) {
                return step instanceof Step.Mail ? Pace.refuse(Reply.defer("4.7.1", "No")) : Pace.go();
            }

            @Override
            public void ended(Step step) {
                ended.add(step);
            }
        };
        SmtpProxy proxy = proxyWith(Observe.only(refusing));
        clientOf(proxy).greets().envelope().says("QUIT").hears("221");
        ended(proxy, 0);
        assertThat(ended).hasSize(1).allMatch(Step.Connect.class::isInstance);
    }

    @Test
    void transactions_at_once_are_limited_at_mail() {
        SmtpProxy proxy = proxyWith(LimitTransactions.by(LimitKey.client()).to(1));
        Dialogue one = clientOf(proxy).greets().envelope();
        Dialogue another = clientOf(proxy)
                .greets()
                .says("MAIL FROM:<a@x.test>")
                .hearsLine("450 4.7.1 Too many messages at once, try again later");
        one.says("DATA").hears("354").says(".").hears("250").envelope();
        another.says("MAIL FROM:<a@x.test>").hears("450");
        one.says("RSET").hears("250");
        another.says("MAIL FROM:<a@x.test>").hears("250");
        assertThat(told.get(0).rule()).isEqualTo("client:transactions=1");
    }

    @Test
    void a_key_that_is_not_known_at_mail_limits_no_transactions() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitTransactions.by(LimitKey.recipientDomain()))
                .withMessage("key of transactions must be known at MAIL, was recipient-domain");
    }

    @Test
    void the_refusal_can_be_in_other_words() {
        SmtpProxy proxy =
                proxyWith(LimitSessions.by(LimitKey.client()).to(1).refusing(Reply.refusal(554, "5.7.1", "Full")));
        clientOf(proxy).greets();
        clientOf(proxy).hearsLine("554 5.7.1 Full").says("QUIT").hears("221").hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1_000_001})
    void a_number_out_of_range_is_an_error(int most) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitSessions.by(LimitKey.client()).to(most))
                .withMessage("most must be between 1 and 1000000, was " + most);
    }
}
