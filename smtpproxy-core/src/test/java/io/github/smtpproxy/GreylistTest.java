package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.Store;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SetClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The first try of a client, sender and recipient is deferred; a later one passes. */
@Timeout(60)
class GreylistTest extends ProxyTest {

    private final SetClock clock = new SetClock();
    private final Store store = MemoryStore.ofAtMost(1000, clock::nanos);
    private final Greylist greylist =
            Greylist.after(Duration.ofMinutes(5)).in(store).clock(clock);
    private final List<Verdict> verdicts = new CopyOnWriteArrayList<>();

    private Dialogue client(Filter filter, String address) {
        return clientOf(proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")))
                        .filter(filter)
                        .listener(new ProxyListener() {
                            @Override
                            public void verdict(Session session, Verdict verdict) {
                                verdicts.add(verdict);
                            }
                        }))
                .greets()
                .says("XCLIENT ADDR=" + address)
                .hears("220")
                .says("EHLO far.test")
                .hears("250");
    }

    private void tries(String address, String sender, String recipient, String reply) {
        client(greylist, address)
                .says("MAIL FROM:<" + sender + ">")
                .hears("250")
                .says("RCPT TO:<" + recipient + ">")
                .hears(reply);
    }

    @Test
    void a_second_try_passes_after_the_delay_and_an_early_one_does_not_start_it_anew() {
        tries("203.0.113.9", "a@x.test", "b@dest.test", "451 4.7.1 Greylisted, try again in 300 s (");
        clock.pass(Duration.ofSeconds(200));
        tries("203.0.113.9", "a@x.test", "b@dest.test", "451 4.7.1 Greylisted, try again in 100 s (");
        clock.pass(Duration.ofSeconds(100));
        tries("203.0.113.77", "A@x.test", "B@dest.test", "250");
        tries("203.0.113.9", "a@x.test", "b@dest.test", "250");
        assertThat(destination.heard("RCPT")).hasSize(2);
        assertThat(verdicts).extracting(Verdict::rule).containsExactly("first try", "too early", "waited", "known");
    }

    @Test
    void another_network_sender_or_recipient_waits_for_itself() {
        tries("203.0.113.9", "a@x.test", "b@dest.test", "451");
        clock.pass(Duration.ofMinutes(5));
        tries("203.0.114.9", "a@x.test", "b@dest.test", "451");
        tries("203.0.113.9", "c@x.test", "b@dest.test", "451");
        tries("203.0.113.9", "a@x.test", "c@dest.test", "451");
        tries("203.0.113.9", "", "b@dest.test", "451");
        tries("IPv6:2001:db8::1", "a@x.test", "b@dest.test", "451");
        tries("203.0.113.9", "a@x.test", "b@dest.test", "250");
        clock.pass(Duration.ofMinutes(5));
        tries("IPv6:2001:db8::ffff:1", "a@x.test", "b@dest.test", "250");
    }

    @Test
    void a_try_after_the_window_is_a_first_one_and_who_is_known_stays_so_while_he_writes() {
        tries("203.0.113.9", "a@x.test", "b@dest.test", "451");
        clock.pass(Duration.ofDays(2).plusSeconds(1));
        tries("203.0.113.9", "a@x.test", "b@dest.test", "451 4.7.1 Greylisted, try again in 300 s");
        clock.pass(Duration.ofMinutes(5));
        for (int i = 0; i < 3; i++) {
            tries("203.0.113.9", "a@x.test", "b@dest.test", "250");
            clock.pass(Duration.ofDays(34));
        }
        tries("203.0.113.9", "a@x.test", "b@dest.test", "250");
        clock.pass(Duration.ofDays(35).plusSeconds(1));
        tries("203.0.113.9", "a@x.test", "b@dest.test", "451");
    }

    @Test
    void a_network_that_got_through_five_times_is_not_asked_any_more() {
        for (int i = 0; i < 5; i++) {
            tries("203.0.113.9", "a" + i + "@x.test", "b@dest.test", "451");
        }
        clock.pass(Duration.ofMinutes(5));
        for (int i = 0; i < 5; i++) {
            tries("203.0.113.9", "a" + i + "@x.test", "b@dest.test", "250");
        }
        tries("203.0.113.10", "new@x.test", "b@dest.test", "250");
        assertThat(verdicts).last().extracting(Verdict::rule).isEqualTo("known network");
    }

    @Test
    void postmaster_and_trusted_clients_do_not_wait() {
        tries("203.0.113.9", "a@x.test", "PostMaster@dest.test", "250");
        tries("10.1.2.3", "a@x.test", "b@dest.test", "250");
        tries("[UNAVAILABLE]", "a@x.test", "b@dest.test", "250");
        assertThat(verdicts).isEmpty();
    }

    @Test
    void in_a_group_each_recipient_is_deferred_for_itself() {
        Dialogue client = client(greylist, "203.0.113.9");
        client.saysTogether("MAIL FROM:<a@x.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<postmaster@dest.test>", "DATA");
        client.hears("250")
                .hears("451 4.7.1")
                .hears("250")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<postmaster@dest.test>");
    }

    @Test
    void a_store_that_is_down_defers_nobody() {
        Store down = new Store() {
            @Override
            public Optional<String> get(String key) {
                throw new IllegalStateException("no connection");
            }

            @Override
            public boolean replace(String key, Optional<String> expected, String value, Duration lifetime) {
                throw new IllegalStateException("no connection");
            }
        };
        try (CapturedLog log = new CapturedLog(Greylist.class)) {
            client(greylist.in(down), "203.0.113.9").envelope();
            assertThat(log.lines()).singleElement().asString().contains("greylisting is off");
        }
    }

    @Test
    void what_clients_send_does_not_make_long_keys() {
        List<String> keys = new CopyOnWriteArrayList<>();
        Store noting = new Store() {
            @Override
            public Optional<String> get(String key) {
                keys.add(key);
                return Optional.empty();
            }

            @Override
            public boolean replace(String key, Optional<String> expected, String value, Duration lifetime) {
                return true;
            }
        };
        Dialogue client = client(greylist.in(noting), "203.0.113.9");
        String longOne = "x".repeat(60) + "@" + ("d".repeat(60) + ".").repeat(3) + "test";
        client.says("MAIL FROM:<" + longOne + ">")
                .hears("250")
                .says("RCPT TO:<" + longOne + ">")
                .hears("451");
        assertThat(keys).isNotEmpty().allMatch(key -> key.length() <= 300);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT25H"})
    void a_delay_out_of_range_is_an_error(Duration delay) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Greylist.after(delay))
                .withMessageContaining(delay.toString());
    }
}
