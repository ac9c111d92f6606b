package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.reputation.RefuseDisreputable;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SetClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients did before counts, for them and a little for their neighbours. */
@Timeout(60)
class ReputationTest extends ProxyTest {

    private final SetClock clock = new SetClock();
    private final Reputation reputation =
            Reputation.of(MemoryStore.ofAtMost(1000, clock::nanos)).clock(clock);
    private final AtomicReference<Double> score = new AtomicReference<>(0.0);
    private SmtpProxy proxy;

    @BeforeEach
    void start() {
        destination.on("RCPT TO:<no@dest.test>").reply("550 5.1.1 No such user");
        destination.on("RCPT TO:<later@dest.test>").reply("450 4.2.0 Later");
        proxy = started(proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")))
                .filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        score.set(reputation.of(next.session()));
                        return next.proceed(rcpt);
                    }
                })
                .filter(RefuseDisreputable.below(-10, reputation))
                .filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return rcpt.recipient().local().equals("spam")
                                ? Reply.reject("5.7.1", "No")
                                : next.proceed(rcpt);
                    }
                })
                .listener(reputation));
    }

    private Dialogue client(String address) {
        return client(address, "far.test");
    }

    private Dialogue client(String address, String hello) {
        return clientOf(proxy)
                .greets()
                .says("XCLIENT ADDR=" + address)
                .hears("220")
                .says("EHLO " + hello)
                .hears("250");
    }

    private static Dialogue mail(Dialogue client, String recipient, String reply) {
        return client.says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<" + recipient + ">")
                .hears(reply);
    }

    private double scoreOf(String address) {
        client(address)
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<postmaster@dest.test>")
                .hears("250");
        return score.get();
    }

    @Test
    void unknown_recipients_lower_it_until_the_client_is_refused_whatever_he_sends() {
        Dialogue client = client("203.0.113.9");
        for (int i = 0; i < 4; i++) {
            mail(client, "no@dest.test", "550").says("RSET").hears("250");
        }
        mail(client, "b@dest.test", "554 5.7.1 Refused for what this client did before (")
                .says("RSET")
                .hears("250");
        mail(client, "postmaster@dest.test", "250");
        assertThat(destination.heard("RCPT TO:<b@")).isEmpty();
    }

    @Test
    void refusals_by_filters_count_and_its_own_do_not() {
        Dialogue client = client("203.0.113.9");
        mail(client, "spam@dest.test", "550").says("RSET").hears("250");
        mail(client, "spam@dest.test", "554").says("RSET").hears("250");
        mail(client, "b@dest.test", "554").says("RSET").hears("250");
        assertThat(scoreOf("203.0.113.9")).isEqualTo(-12);
        assertThat(scoreOf("203.0.113.200")).isEqualTo(-4);
        assertThat(scoreOf("203.0.114.9")).isZero();
    }

    @Test
    void refusals_for_now_do_not_count() {
        mail(client("203.0.113.9"), "later@dest.test", "450");
        assertThat(scoreOf("203.0.113.9")).isZero();
    }

    @Test
    void good_mail_raises_it() {
        Dialogue client = client("203.0.113.9");
        mail(client, "b@dest.test", "250").says("DATA").hears("354").says(".").hears("250");
        assertThat(scoreOf("203.0.113.9")).isEqualTo(3);
    }

    @Test
    void it_fades_by_half_in_a_week() {
        mail(client("203.0.113.9"), "spam@dest.test", "550");
        clock.pass(Duration.ofDays(7));
        assertThat(scoreOf("203.0.113.9")).isCloseTo(-6, within(0.001));
        clock.pass(Duration.ofDays(61));
        assertThat(scoreOf("203.0.113.9")).isZero();
    }

    @Test
    void another_clients_hello_name_harms_nobody() {
        mail(client("203.0.113.9", "victim.test"), "spam@dest.test", "550");
        mail(client("198.51.100.7", "victim.test"), "b@dest.test", "250");
        assertThat(score.get()).isZero();
    }
}
