package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Filters;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.reputation.RefuseDisreputable;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.LimitSessions;
import io.github.smtpproxy.throttling.LimitTransactions;
import io.github.smtpproxy.throttling.Throttles;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the throttles and filters of a proxy share, without being told one by one. */
@Timeout(60)
class SharedStateTest extends ProxyTest {

    private static final String TOO_MANY = "421 4.7.0 Too many sessions at once, try again later";
    private static final Duration DELAY = Duration.ofMinutes(5);

    private final SetClock clock = new SetClock();
    private final SharedState shared =
            SharedState.of(MemoryStore.ofAtMost(1000, clock::nanos), MemoryLimits.ofAtMost(1000, clock::nanos));

    private SmtpProxyBuilder sharing() {
        return proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1"))).sharedState(shared);
    }

    private SmtpProxy proxyWith(Throttle throttle) {
        return started(sharing().throttle(throttle));
    }

    private Dialogue announced(SmtpProxy proxy, String address) {
        return clientOf(proxy).greets().says("XCLIENT ADDR=" + address);
    }

    private void mails(SmtpProxy proxy, String address, String reply) {
        announced(proxy, address)
                .hears("220")
                .says("EHLO far.test")
                .hears("250")
                .says("MAIL FROM:<a@x.test>")
                .hears(reply);
    }

    private void recipient(SmtpProxy proxy, String address, String recipient, String reply) {
        announced(proxy, address)
                .hears("220")
                .says("EHLO far.test")
                .hears("250")
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<" + recipient + ">")
                .hears(reply);
    }

    private static Throttle oneSession() {
        return LimitSessions.by(LimitKey.client()).to(1);
    }

    private static Throttle oneMessage() {
        return LimitRate.of(Counted.MESSAGES).to(Rate.parse("1/h"));
    }

    private record OfHost(Throttle throttle) implements Throttle {
        @Override
        public Pace before(Step step) {
            return throttle.before(step);
        }

        @Override
        public void ended(Step step) {
            throttle.ended(step);
        }
    }

    static Stream<Supplier<Throttle>> wrapped() {
        return Stream.of(
                SharedStateTest::oneSession,
                () -> Throttles.all(step -> Pace.go(), oneSession()),
                () -> oneSession().unless(Clients.none()),
                () -> Throttles.all(oneSession().unless(Clients.none())).unless(Clients.none()),
                () -> new OfHost(oneSession()));
    }

    @ParameterizedTest
    @MethodSource("wrapped")
    void proxies_hold_sessions_at_once_together_however_the_throttle_is_wrapped(Supplier<Throttle> throttle) {
        SmtpProxy one = proxyWith(throttle.get());
        SmtpProxy other = proxyWith(throttle.get());
        announced(one, "203.0.113.9").hears("220");
        announced(other, "203.0.113.9").hearsLine(TOO_MANY);
        announced(other, "203.0.113.10").hears("220");
    }

    @Test
    void a_place_is_given_back_where_it_was_taken_also_after_another_client_was_announced() {
        SmtpProxy one = proxyWith(oneSession());
        SmtpProxy other = proxyWith(oneSession());
        Dialogue first = announced(one, "203.0.113.9").hears("220");
        first.says("XCLIENT ADDR=203.0.113.10").hears("220");
        announced(other, "203.0.113.10").hearsLine(TOO_MANY);
        announced(other, "203.0.113.9").hears("220").resets();
        first.says("QUIT").hears("221").hearsTheEnd();
        await().until(() -> one.activeSessions() + other.activeSessions() == 0);
        announced(other, "203.0.113.10").hears("220");
    }

    @Test
    void proxies_hold_a_rate_and_transactions_together() {
        mails(proxyWith(oneMessage()), "203.0.113.9", "250");
        mails(proxyWith(oneMessage()), "203.0.113.9", "450 4.7.1");
        mails(proxyWith(oneMessage()), "203.0.113.10", "250");
        Throttle transactions = LimitTransactions.by(LimitKey.sender()).to(1);
        mails(proxyWith(transactions), "203.0.113.11", "250");
        mails(proxyWith(LimitTransactions.by(LimitKey.sender()).to(1)), "203.0.113.12", "450 4.7.1");
    }

    @Test
    void sensible_limits_are_shared() {
        SmtpProxy one = proxyWith(Throttles.sensible());
        for (int i = 0; i < 30; i++) {
            announced(one, "203.0.113.9").hears("220");
        }
        announced(proxyWith(Throttles.sensible()), "203.0.113.9").hearsLine(TOO_MANY);
    }

    @Test
    void what_was_given_limits_of_its_own_does_not_share() {
        Supplier<Throttle> own = () -> LimitSessions.by(LimitKey.client()).to(1).in(MemoryLimits.ofAtMost(10));
        announced(proxyWith(own.get()), "203.0.113.9").hears("220");
        announced(proxyWith(own.get()), "203.0.113.9").hears("220");
    }

    @Test
    void one_throttle_counts_for_each_proxy_where_that_one_says() {
        Throttle throttle = oneMessage();
        SmtpProxy alone = started(
                proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1"))).throttle(throttle));
        mails(proxyWith(throttle), "203.0.113.9", "250");
        mails(proxyWith(throttle), "203.0.113.9", "450");
        mails(alone, "203.0.113.9", "250");
        mails(alone, "203.0.113.9", "450");
    }

    @Test
    void who_tried_at_one_proxy_passes_at_the_other() {
        SmtpProxy one = started(sharing().filter(Greylist.after(DELAY).clock(clock)));
        Filter wrapped = Filters.together(
                Observe.only(Greylist.after(DELAY).clock(clock)),
                Greylist.after(DELAY).clock(clock));
        SmtpProxy other = started(sharing().filter(wrapped));
        recipient(one, "203.0.113.9", "b@dest.test", "451 4.7.1");
        recipient(other, "203.0.113.9", "b@dest.test", "451 4.7.1");
        clock.pass(DELAY);
        recipient(other, "203.0.113.9", "b@dest.test", "250");
    }

    @Test
    void a_greylist_with_a_store_of_its_own_remembers_there() {
        Greylist own = Greylist.after(DELAY).in(MemoryStore.ofAtMost(10)).clock(clock);
        recipient(started(sharing().filter(own)), "203.0.113.9", "b@dest.test", "451");
        clock.pass(DELAY);
        Greylist sharing = Greylist.after(DELAY).clock(clock);
        recipient(started(sharing().filter(sharing)), "203.0.113.9", "b@dest.test", "451");
    }

    @Test
    void what_one_proxy_learns_of_a_client_the_other_refuses_him_for() {
        destination.on("RCPT").reply("550 5.1.1 unknown");
        SmtpProxy one = started(reputed());
        SmtpProxy other = started(reputed());
        for (int i = 0; i < 4; i++) {
            recipient(one, "203.0.113.9", "b@dest.test", "550 5.1.1");
        }
        recipient(other, "203.0.113.9", "b@dest.test", "554 5.7.1");
        recipient(one, "203.0.113.9", "b@dest.test", "554 5.7.1");
        recipient(other, "198.51.100.1", "b@dest.test", "550 5.1.1");
    }

    private SmtpProxyBuilder reputed() {
        Reputation reputation = Reputation.inMemory();
        return sharing().listener(reputation).filter(RefuseDisreputable.below(-10, reputation));
    }

    @Test
    void filters_and_throttles_of_others_find_it_in_the_session() {
        AtomicInteger found = new AtomicInteger();
        SmtpProxy proxy = proxyWith(step -> {
            found.addAndGet(SharedState.of(step.session()).isPresent() ? 1 : 0);
            return Pace.go();
        });
        clientOf(proxy).greets();
        assertThat(found).hasPositiveValue();
    }

    @Test
    void a_proxy_shares_one_state() {
        assertThatIllegalStateException()
                .isThrownBy(() -> sharing().sharedState(shared))
                .withMessage("sharedState must be set once, was set twice");
    }
}
