package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttling.DelayGreeting;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The greeting comes late, once a day, and who does not wait for it is no mail server. */
class DelayGreetingTest extends ProxyTest {

    private static final Duration DELAY = Duration.ofMillis(300);

    private final List<Throttled> told = new CopyOnWriteArrayList<>();

    private SmtpProxy start(DelayGreeting throttle) {
        return started(proxy().throttle(throttle).listener(new ProxyListener() {
            @Override
            public void throttled(Session session, Throttled decision) {
                told.add(decision);
            }
        }));
    }

    @Test
    void a_client_waits_once_and_again_after_a_day() {
        SetClock clock = new SetClock();
        SmtpProxy proxy = start(DelayGreeting.by(DELAY).in(MemoryStore.ofAtMost(10, clock::nanos)));
        clientOf(proxy).greets().says("QUIT").hears("221");
        clientOf(proxy).greets().says("QUIT").hears("221");
        assertThat(told).extracting(Throttled::delay).containsExactly(DELAY);
        clock.pass(Duration.ofHours(25));
        clientOf(proxy).greets().says("QUIT").hears("221");
        assertThat(told).hasSize(2);
    }

    @Test
    void one_that_speaks_first_is_refused_and_has_not_passed() {
        SmtpProxy proxy = start(DelayGreeting.by(DELAY));
        clientOf(proxy).sends("EHLO early.test\r\n").hearsLine("554 5.5.1 Protocol error: client spoke first");
        clientOf(proxy).greets().says("QUIT").hears("221");
        assertThat(told)
                .extracting(Throttled::decision)
                .containsExactly(Throttled.Decision.DELAYED, Throttled.Decision.REFUSED, Throttled.Decision.DELAYED);
    }

    @Test
    void one_that_is_only_marked_goes_on_and_has_not_passed() {
        SmtpProxy proxy = start(DelayGreeting.by(DELAY).marking());
        clientOf(proxy).sends("EHLO early.test\r\n").hears("220").hears("250");
        clientOf(proxy).greets();
        assertThat(told).hasSize(2);
    }

    @Test
    void a_teaser_is_the_first_line_of_the_greeting_and_comes_before_the_delay() {
        SmtpProxy proxy = start(DelayGreeting.by(DELAY).teaser("mx.test waits a little"));
        assertThat(clientOf(proxy).reply())
                .startsWith("220-mx.test waits a little")
                .last()
                .asString()
                .startsWith("220 ");
    }
}
