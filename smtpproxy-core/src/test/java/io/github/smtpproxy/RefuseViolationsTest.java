package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttle.ProtocolViolation;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.RefuseViolations;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Clients are tested in their session, which goes on. */
class RefuseViolationsTest extends ProxyTest {

    private Dialogue junk(SmtpProxy proxy) {
        return clientOf(proxy).greets().says("XYZZY").hears("5");
    }

    private SmtpProxy start(Throttle throttle) {
        return started(proxy().throttle(throttle));
    }

    @Test
    void recipients_behind_a_violation_are_refused_and_the_session_goes_on() {
        Dialogue client = junk(start(RefuseViolations.all()))
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        client.says("RCPT TO:<b@dest.test>")
                .hearsLine("550 5.5.1 Protocol error")
                .says("RSET")
                .hears("250");
        client.says("QUIT").hears("221");
        assertThat(destination.heard("RCPT")).isEmpty();
    }

    @Test
    void it_can_end_the_session_at_once() {
        clientOf(start(RefuseViolations.all().atOnce()))
                .greets()
                .says("XYZZY")
                .hearsLine("421 4.7.0 Protocol error")
                .hearsTheEnd();
    }

    @Test
    void other_kinds_pass() {
        Throttle bare = RefuseViolations.of(ProtocolViolation.BARE_LINE_END);
        junk(start(bare)).envelope().says("QUIT").hears("221");
    }

    @Test
    void a_client_that_has_passed_is_not_tested_for_thirty_days() {
        SetClock clock = new SetClock();
        SmtpProxy proxy = start(RefuseViolations.all().in(MemoryStore.ofAtMost(10, clock::nanos)));
        Dialogue client = clientOf(proxy).greets().envelope().says("DATA").hears("354");
        client.sends("Subject: a\r\n\r\n.\r\n").hears("250").says("QUIT").hears("221");
        junk(proxy).envelope().says("QUIT").hears("221");
        clock.pass(Duration.ofDays(31));
        junk(proxy)
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550 5.5.1");
    }

    @Test
    void an_envelope_without_a_message_is_no_pass() {
        SmtpProxy proxy = start(RefuseViolations.all());
        Dialogue client = clientOf(proxy).greets().envelope();
        client.says("RSET").hears("250").envelope().says("QUIT").hears("221");
        junk(proxy)
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("550 5.5.1");
    }

    @Test
    void one_that_is_only_observed_refuses_nobody() {
        junk(start(Observe.only(RefuseViolations.all())))
                .envelope()
                .says("QUIT")
                .hears("221");
    }
}
