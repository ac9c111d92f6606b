package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.event.Throttled.Decision;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.Throttles;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is above a rate is refused, with the time to come back, or delayed. */
@Timeout(60)
class LimitRateTest extends ProxyTest {

    private static final Endpoint FRONT = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1"));

    private final SetClock clock = new SetClock();
    private final MemoryLimits limits = MemoryLimits.ofAtMost(1000, clock::nanos);
    private final List<Throttled> told = new CopyOnWriteArrayList<>();

    private LimitRate rate(Counted counted, LimitKey key, String rate) {
        return LimitRate.of(counted).by(key).to(Rate.parse(rate)).in(limits);
    }

    private SmtpProxy proxyWith(Throttle throttle) {
        return started(proxy(FRONT).throttle(throttle).listener(new ProxyListener() {
            @Override
            public void throttled(Session session, Throttled decision) {
                told.add(decision);
            }
        }));
    }

    private Dialogue client(SmtpProxy proxy, String address) {
        return client(proxy, address, "client.test");
    }

    private Dialogue client(SmtpProxy proxy, String address, String helo) {
        return announced(proxy, address).hears("220").says("EHLO " + helo).hears("250");
    }

    private Dialogue announced(SmtpProxy proxy, String address) {
        return clientOf(proxy).greets().says("XCLIENT ADDR=" + address);
    }

    private static Dialogue mail(Dialogue client, String sender, String reply) {
        client.says("MAIL FROM:<" + sender + ">").hears(reply);
        return reply.startsWith("250") ? client.says("RSET").hears("250") : client;
    }

    @Test
    void connections_above_the_rate_are_refused_until_the_time_that_is_told() {
        SmtpProxy proxy = started(proxy().throttle(rate(Counted.CONNECTIONS, LimitKey.client(), "2/min")));
        clientOf(proxy).hears("220");
        clientOf(proxy).hears("220");
        clientOf(proxy)
                .hearsLine("421 4.7.0 Too many connections, try again in 30 seconds")
                .hearsTheEnd();
        clock.pass(Duration.ofMillis(29_500));
        clientOf(proxy).hearsLine("421 4.7.0 Too many connections, try again in 1 second");
        clock.pass(Duration.ofMillis(500));
        clientOf(proxy).hears("220");
        assertThat(destination.connections()).isEqualTo(3);
    }

    @Test
    void messages_above_the_rate_are_refused_and_other_clients_are_not() {
        SmtpProxy proxy = proxyWith(rate(Counted.MESSAGES, LimitKey.client(), "5/min, burst 2"));
        Dialogue client = client(proxy, "203.0.113.9");
        mail(client, "a@x.test", "250");
        mail(client(proxy, "203.0.113.9"), "a@x.test", "250");
        client.says("MAIL FROM:<a@x.test>").hearsLine("450 4.7.1 Too many messages, try again in 12 seconds");
        mail(client(proxy, "203.0.113.10"), "a@x.test", "250");
        clock.pass(Duration.ofSeconds(12));
        mail(client, "a@x.test", "250");
        assertThat(destination.heard("MAIL")).hasSize(4);
    }

    @Test
    void recipients_above_the_rate_are_refused_and_the_others_get_the_message() {
        SmtpProxy proxy = proxyWith(rate(Counted.RECIPIENTS, LimitKey.client(), "2/h"));
        client(proxy, "203.0.113.9")
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("250")
                .says("RCPT TO:<d@dest.test>")
                .hearsLine("452 4.5.3 Too many recipients, try again in 1800 seconds")
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(destination.heard("RCPT")).hasSize(2);
    }

    @Test
    void a_recipient_that_the_destination_refused_stays_counted() {
        destination.on("RCPT TO:<no@dest.test>").reply("550 5.1.1 No such user");
        SmtpProxy proxy = proxyWith(rate(Counted.RECIPIENTS, LimitKey.client(), "1/h"));
        client(proxy, "203.0.113.9")
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<no@dest.test>")
                .hears("550")
                .says("RCPT TO:<b@dest.test>")
                .hears("452");
    }

    private static Dialogue message(Dialogue client, String body) {
        return client.envelope().says("DATA").hears("354").sends(body + "\r\n.\r\n");
    }

    @Test
    void octets_above_the_rate_are_refused_after_the_whole_message_was_read() {
        SmtpProxy proxy = proxyWith(rate(Counted.OCTETS, LimitKey.client(), "1000/min"));
        Dialogue client = client(proxy, "203.0.113.9");
        message(client, "a".repeat(600)).hears("250");
        message(client, "a".repeat(600)).hears("450 4.7.1 Too many octets, try again in ");
        clock.pass(Duration.ofMinutes(1));
        message(client, "a".repeat(600)).hears("250");
        assertThat(destination.messages()).hasSize(2);
    }

    @Test
    void octets_of_a_message_that_is_larger_than_the_burst_are_delayed_part_by_part() {
        LimitRate octets =
                rate(Counted.OCTETS, LimitKey.client(), "100000/s, burst 1000").delaying(Duration.ofSeconds(1));
        message(client(proxyWith(octets), "203.0.113.9"), "a".repeat(5_000)).hears("250");
        // the clock stands still: each part waits for those before it, too
        assertThat(told.stream().map(Throttled::delay).max(Comparator.naturalOrder()))
                .hasValueSatisfying(d -> assertThat(d).isBetween(Duration.ofMillis(40), Duration.ofMillis(41)));
        assertThat(told).hasSizeGreaterThanOrEqualTo(4);
    }

    private static Dialogue recipient(Dialogue client, String address, String reply) {
        return client.says("RCPT TO:<" + address + ">").hears(reply);
    }

    @Test
    void who_asks_for_too_many_unknown_recipients_is_sent_away_and_kept_out() {
        destination.on("RCPT TO:<no@dest.test>").reply("550 5.1.1 No such user");
        SmtpProxy proxy = proxyWith(rate(Counted.UNKNOWN_RECIPIENTS, LimitKey.client(), "2/h"));
        Dialogue client =
                client(proxy, "203.0.113.9").says("MAIL FROM:<a@x.test>").hears("250");
        recipient(client, "no@dest.test", "550");
        recipient(client, "b@dest.test", "250");
        recipient(client, "no@dest.test", "550");
        recipient(client, "b@dest.test", "421 4.7.0 Too many unknown recipients, try again in 1800 seconds")
                .hearsTheEnd();
        announced(proxy, "203.0.113.9").hears("421 4.7.0 Too many unknown recipients");
        announced(proxy, "203.0.113.10").hears("220");
        clock.pass(Duration.ofMinutes(30));
        announced(proxy, "203.0.113.9").hears("220");
    }

    @Test
    void recipients_that_were_asked_for_in_one_group_are_cut_off_as_well() {
        destination.on("RCPT").reply("550 No such user");
        SmtpProxy proxy = proxyWith(rate(Counted.UNKNOWN_RECIPIENTS, LimitKey.client(), "2/h"));
        client(proxy, "203.0.113.9")
                .saysTogether(
                        "MAIL FROM:<a@x.test>",
                        "RCPT TO:<b@dest.test>",
                        "RCPT TO:<c@dest.test>",
                        "RCPT TO:<d@dest.test>",
                        "RCPT TO:<e@dest.test>")
                .hears("250")
                .hears("550")
                .hears("550")
                .hears("421 4.7.0 Too many unknown recipients")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @CsvSource({
        "550 5.1.1 No such user, true",
        "550 No such user, true",
        "551 5.1.6 Moved, true",
        "553 5.1.3 Bad address, true",
        "550 5.7.1 Policy, false",
        "554 5.1.1 Other, false",
        "450 4.1.1 Not now, false",
    })
    void a_recipient_is_unknown_by_code_and_status(String reply, boolean unknown) {
        destination.on("RCPT TO:<no@dest.test>").reply(reply);
        SmtpProxy proxy = proxyWith(rate(Counted.UNKNOWN_RECIPIENTS, LimitKey.client(), "1/h"));
        Dialogue client =
                client(proxy, "203.0.113.9").says("MAIL FROM:<a@x.test>").hears("250");
        recipient(client, "no@dest.test", reply.substring(0, 3));
        recipient(client, "b@dest.test", unknown ? "421" : "250");
    }

    @Test
    void recipients_that_a_filter_does_not_know_count_too() {
        Filter unknown = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                return Reply.reject("5.1.1", "No such user");
            }
        };
        Dialogue client = clientOf(
                        proxy().filter(unknown).throttle(rate(Counted.UNKNOWN_RECIPIENTS, LimitKey.client(), "1/h")))
                .greets()
                .says("MAIL FROM:<a@x.test>")
                .hears("250");
        recipient(client, "b@dest.test", "550");
        recipient(client, "b@dest.test", "421");
    }

    private Dialogue login(Dialogue client, String password) {
        String plain = Base64.getEncoder().encodeToString(("\0ann\0" + password).getBytes(StandardCharsets.US_ASCII));
        return client.says("AUTH PLAIN " + plain);
    }

    private SmtpProxy withLogins(LimitRate logins) {
        return started(proxy(FRONT.authenticate((user, password) -> password.equals("right"))
                        .plaintextAuthentication(true)
                        .failedLoginDelay(Duration.ZERO))
                .throttle(logins));
    }

    @Test
    void who_fails_too_many_logins_is_sent_away_and_kept_out_even_if_the_next_one_is_right() {
        SmtpProxy proxy = withLogins(rate(Counted.FAILED_LOGINS, LimitKey.client(), "2/h"));
        Dialogue client = client(proxy, "203.0.113.9");
        login(client, "right").hears("235");
        Dialogue another = client(proxy, "203.0.113.9");
        Dialogue guesser = client(proxy, "203.0.113.9");
        login(guesser, "a").hears("535");
        login(guesser, "b").hears("535");
        login(guesser, "c")
                .hears("421 4.7.0 Too many failed logins, try again in 1800 seconds")
                .hearsTheEnd();
        login(another, "right").hears("421 4.7.0 Too many failed logins").hearsTheEnd();
        announced(proxy, "203.0.113.9").hears("421 4.7.0 Too many failed logins");
        mail(client, "a@x.test", "250");
        clock.pass(Duration.ofMinutes(30));
        login(client(proxy, "203.0.113.9"), "right").hears("235");
    }

    @Test
    void failed_logins_are_counted_by_the_user_they_were_for() {
        SmtpProxy proxy = withLogins(rate(Counted.FAILED_LOGINS, LimitKey.user(), "1/h"));
        login(client(proxy, "203.0.113.9"), "a").hears("535");
        login(client(proxy, "198.51.100.7"), "b").hears("421");
    }

    @Test
    void a_delay_takes_the_place_of_a_refusal_and_those_who_wait_keep_the_rate_together() {
        LimitRate delaying =
                rate(Counted.MESSAGES, LimitKey.client(), "10/s, burst 1").delaying(Duration.ofMillis(250));
        SmtpProxy proxy = proxyWith(delaying);
        List<Dialogue> clients = IntStream.range(0, 4)
                .mapToObj(i -> client(proxy, "203.0.113.9"))
                .toList();
        mail(clients.get(0), "a@x.test", "250");
        long start = System.nanoTime();
        mail(clients.get(1), "a@x.test", "250");
        mail(clients.get(2), "a@x.test", "250");
        mail(clients.get(3), "a@x.test", "450");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(295));
        assertThat(told.stream().map(Throttled::delay))
                .containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ZERO);
        assertThat(told.stream().map(Throttled::decision))
                .containsExactly(Decision.DELAYED, Decision.DELAYED, Decision.REFUSED);
    }

    @Test
    void a_delay_is_as_long_as_it_must_be_at_slow_rates_too() {
        LimitRate delaying = rate(Counted.MESSAGES, LimitKey.client(), "1/min").delaying(Duration.ofSeconds(1));
        Dialogue client = client(proxyWith(delaying), "203.0.113.9");
        mail(client, "a@x.test", "250");
        clock.pass(Duration.ofMillis(58_900));
        mail(client, "a@x.test", "450 4.7.1 Too many messages, try again in 1 second");
        clock.pass(Duration.ofSeconds(1));
        mail(client, "a@x.test", "250");
        assertThat(told.get(1).delay()).isBetween(Duration.ofMillis(99), Duration.ofMillis(161));
    }

    @Test
    void the_refusal_can_be_in_other_words() {
        LimitRate other =
                rate(Counted.MESSAGES, LimitKey.client(), "1/min").refusing(Reply.refusal(550, "5.7.1", "Go away"));
        Dialogue client = client(proxyWith(other), "203.0.113.9");
        mail(client, "a@x.test", "250");
        client.says("MAIL FROM:<a@x.test>").hearsLine("550 5.7.1 Go away");
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.9, 203.0.113.200, true",
        "203.0.113.9, 203.0.114.9, false",
        "IPV6:2001:db8:1::1, IPV6:2001:db8:1:0:ffff::9, true",
        "IPV6:2001:db8:1::1, IPV6:2001:db8:1:1::1, false",
    })
    void a_network_is_counted_together(String one, String other, boolean same) {
        SmtpProxy proxy = proxyWith(rate(Counted.MESSAGES, LimitKey.network(24, 64), "1/min"));
        mail(client(proxy, one), "a@x.test", "250");
        mail(client(proxy, other), "a@x.test", same ? "450" : "250");
    }

    @Test
    void what_is_no_number_of_bits_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitKey.network(33, 64))
                .withMessage("ipv4Bits must be between 0 and 32, was 33");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitKey.network(24, -1))
                .withMessage("ipv6Bits must be between 0 and 128, was -1");
    }

    @Test
    void clients_whose_address_is_unknown_are_not_one_client() {
        SmtpProxy proxy = proxyWith(rate(Counted.MESSAGES, LimitKey.client(), "1/min"));
        for (int i = 0; i < 3; i++) {
            mail(client(proxy, "[UNAVAILABLE]"), "a@x.test", "250");
        }
    }

    @Test
    void by_sender_and_sender_domain_case_does_not_matter_and_the_null_path_is_free() {
        Dialogue client = client(proxyWith(rate(Counted.MESSAGES, LimitKey.sender(), "1/min")), "203.0.113.9");
        mail(client, "ann@x.test", "250");
        mail(client, "Ann@X.Test", "450");
        mail(client, "bob@x.test", "250");
        mail(client, "", "250");
        mail(client, "", "250");
        client = client(proxyWith(rate(Counted.MESSAGES, LimitKey.senderDomain(), "1/min")), "203.0.113.9");
        mail(client, "ann@x.test", "250");
        mail(client, "bob@X.TEST", "450");
        mail(client, "", "250");
    }

    @Test
    void by_hello_name_and_endpoint() {
        SmtpProxy proxy = proxyWith(Throttles.all(
                rate(Counted.MESSAGES, LimitKey.helo(), "1/min"),
                rate(Counted.MESSAGES, LimitKey.endpoint(), "2/min")));
        mail(client(proxy, "203.0.113.9", "one.test"), "a@x.test", "250");
        mail(client(proxy, "203.0.113.10", "ONE.test"), "a@x.test", "450");
        mail(client(proxy, "203.0.113.10", "two.test"), "a@x.test", "250");
        mail(client(proxy, "203.0.113.10", "three.test"), "a@x.test", "450");
    }

    @Test
    void by_user_who_has_not_logged_in_is_free() {
        LimitRate rate = rate(Counted.MESSAGES, LimitKey.user(), "1/min");
        mail(mail(client(proxyWith(rate), "203.0.113.9"), "a@x.test", "250"), "a@x.test", "250");
        Dialogue ann = client(withLogins(rate), "203.0.113.9");
        login(ann, "right").hears("235");
        mail(mail(ann, "a@x.test", "250"), "a@x.test", "450");
    }

    @Test
    void by_recipient_domain() {
        SmtpProxy proxy = proxyWith(rate(Counted.RECIPIENTS, LimitKey.recipientDomain(), "1/min"));
        Dialogue client =
                client(proxy, "203.0.113.9").says("MAIL FROM:<a@x.test>").hears("250");
        recipient(client, "b@one.test", "250");
        recipient(client, "c@ONE.test", "452");
        recipient(client, "b@two.test", "250");
        recipient(client, "postmaster", "250");
        recipient(client, "postmaster", "250");
    }

    @Test
    void by_a_key_of_ones_own() {
        LimitKey port = LimitKey.of(
                "port", step -> Optional.of("" + step.session().localAddress().getPort()));
        Dialogue client = client(proxyWith(rate(Counted.MESSAGES, port, "1/min")), "203.0.113.9");
        mail(client, "a@x.test", "250");
        mail(client, "a@x.test", "450");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitKey.of("a b", step -> Optional.empty()))
                .withMessage("name must be 1 to 20 letters, digits and hyphens, was 'a b'");
    }

    @Test
    void a_key_that_is_not_known_when_it_is_counted_is_an_error() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitRate.of(Counted.MESSAGES).by(LimitKey.recipientDomain()))
                .withMessage("key of messages must be known by then, was recipient-domain");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitRate.of(Counted.CONNECTIONS).by(LimitKey.helo()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LimitRate.of(Counted.FAILED_LOGINS).by(LimitKey.sender()));
    }

    @Test
    void the_first_refusal_counts_and_what_comes_before_it_stays_counted() {
        Throttle both = Throttles.all(
                rate(Counted.MESSAGES, LimitKey.client(), "2/min"), rate(Counted.MESSAGES, LimitKey.sender(), "1/min"));
        Dialogue client = client(proxyWith(both), "203.0.113.9");
        mail(client, "a@x.test", "250");
        mail(client, "a@x.test", "450 4.7.1 Too many messages, try again in 60 seconds");
        mail(client, "b@x.test", "450 4.7.1 Too many messages, try again in 30 seconds");
    }

    @Test
    void delays_of_all_add_up_and_each_is_an_event() {
        Throttle slow = step -> step instanceof Step.Mail ? Pace.after(Duration.ofMillis(100)) : Pace.go();
        Throttle delaying =
                rate(Counted.MESSAGES, LimitKey.client(), "10/s, burst 1").delaying(Duration.ofMillis(100));
        Dialogue client = client(proxyWith(Throttles.all(slow, delaying)), "203.0.113.9");
        mail(client, "a@x.test", "250");
        long start = System.nanoTime();
        mail(client, "a@x.test", "250");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(195));
        assertThat(told).hasSize(3);
        assertThat(told.get(0).rule()).isEmpty();
        assertThat(told.get(2).rule()).isEqualTo("client:messages=10/s, burst 1");
    }

    @Test
    void all_grant_octets_each_in_its_own_parts() {
        List<Long> asked = new CopyOnWriteArrayList<>();
        Throttle granting = step -> {
            if (step instanceof Step.Data data) {
                asked.add(data.octets());
                return Pace.grant(3);
            }
            return Pace.go();
        };
        LimitRate rate = rate(Counted.OCTETS, LimitKey.client(), "1000/s");
        message(client(proxyWith(Throttles.all(rate, granting)), "203.0.113.9"), "hello")
                .hears("250");
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(asked).hasSizeGreaterThan(1).contains(asked.get(0) - 3);
        long octets = limits.take("client:octets=1000/s:203.0.113.9", Rate.parse("1000/s"), 1001)
                .remaining();
        assertThat(octets).as("no octet is counted twice").isEqualTo(1000 - asked.get(0));
    }

    @Test
    void who_is_exempt_is_not_asked_about() {
        Throttle some = rate(Counted.MESSAGES, LimitKey.endpoint(), "1/min")
                .unless(Clients.in(List.of(AddressRange.parse("203.0.113.0/24"))));
        SmtpProxy proxy = proxyWith(some);
        mail(client(proxy, "203.0.113.9"), "a@x.test", "250");
        mail(client(proxy, "203.0.113.9"), "a@x.test", "250");
        mail(client(proxy, "198.51.100.7"), "a@x.test", "250");
        mail(client(proxy, "198.51.100.7"), "a@x.test", "450");
        mail(client(proxy, "203.0.113.9"), "a@x.test", "250");
    }

    @Test
    void one_that_is_only_observed_refuses_nothing_and_tells_what_it_would_have_done() {
        SmtpProxy proxy = proxyWith(Observe.only(rate(Counted.MESSAGES, LimitKey.client(), "1/min")));
        Dialogue client = client(proxy, "203.0.113.9");
        mail(client, "a@x.test", "250");
        mail(client, "a@x.test", "250");
        assertThat(told).singleElement().satisfies(t -> {
            assertThat(t.decision()).isEqualTo(Decision.OBSERVED);
            assertThat(t.rule()).isEqualTo("client:messages=1/min");
            assertThat(t.refusal().orElseThrow().code()).isEqualTo(450);
        });
    }

    @Test
    void a_throttle_of_the_hosts_own_is_observed_by_its_name() {
        Dialogue client = client(proxyWith(Observe.only(new Slow())), "203.0.113.9");
        mail(client, "a@x.test", "250");
        assertThat(told).singleElement().satisfies(t -> {
            assertThat(t.throttle()).isEqualTo("Slow");
            assertThat(t.decision()).isEqualTo(Decision.OBSERVED);
            assertThat(t.delay()).isEqualTo(Duration.ofHours(1));
        });
    }

    private static final class Slow implements Throttle {
        @Override
        public Pace before(Step step) {
            return step instanceof Step.Mail ? Pace.after(Duration.ofHours(1)) : Pace.go();
        }
    }

    @Test
    void the_event_tells_who_was_refused_by_which_rule_and_until_when() {
        SmtpProxy proxy = proxyWith(rate(Counted.MESSAGES, LimitKey.client(), "500/min, burst 2"));
        Dialogue client = client(proxy, "203.0.113.9");
        mail(client, "a@x.test", "250");
        mail(client, "a@x.test", "250");
        assertThat(told).isEmpty();
        mail(client, "a@x.test", "450");
        assertThat(told).singleElement().satisfies(t -> {
            assertThat(t.throttle()).isEqualTo("LimitRate");
            assertThat(t.rule()).isEqualTo("client:messages=500/min, burst 2");
            assertThat(t.key()).isEqualTo("203.0.113.9");
            assertThat(t.limit()).hasValue(2);
            assertThat(t.remaining()).hasValue(0);
            assertThat(t.retryAfter()).isEqualTo(Duration.ofMillis(120));
            assertThat(t.decision()).isEqualTo(Decision.REFUSED);
            assertThat(t.delay()).isZero();
            assertThat(t.refusal()).map(Reply::code).contains(450);
            assertThat(t)
                    .hasToString("LimitRate REFUSED client:messages=500/min, burst 2 key=203.0.113.9 remaining=0/2"
                            + " retry-after=120ms");
        });
    }

    @Test
    void a_throttle_without_reasons_is_told_by_its_name() {
        Throttle refusing = step -> step instanceof Step.Mail ? Pace.refuse(Reply.defer("4.7.1", "No")) : Pace.go();
        mail(client(proxyWith(refusing), "203.0.113.9"), "a@x.test", "451");
        assertThat(told).singleElement().satisfies(t -> {
            assertThat(t.throttle()).startsWith("LimitRateTest$$Lambda");
            assertThat(t.rule()).isEmpty();
            assertThat(t.limit()).isEmpty();
            assertThat(t.refusal()).map(Reply::code).contains(451);
        });
    }

    @Test
    void a_refusal_that_comes_too_late_to_change_anything_is_no_event() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        Throttle late = step -> step instanceof Step.Refusal ? Pace.refuse(Reply.defer("4.7.1", "No")) : Pace.go();
        Dialogue client = client(proxyWith(late), "203.0.113.9")
                .says("MAIL FROM:<a@x.test>")
                .hears("250");
        recipient(client, "b@dest.test", "550");
        assertThat(told).isEmpty();
    }

    @Test
    void what_a_client_calls_itself_cannot_break_a_line_of_the_log() {
        Dialogue client = client(proxyWith(rate(Counted.MESSAGES, LimitKey.helo(), "1/min")), "203.0.113.9", "\u00e4b");
        mail(mail(client, "a@x.test", "250"), "a@x.test", "450");
        assertThat(told.get(0).key()).isEqualTo("?b");
    }

    @Test
    void the_logs_line_of_a_refusal_names_the_throttle() {
        try (CapturedLog log = new CapturedLog()) {
            SmtpProxy proxy = proxyWith(Throttles.all(rate(Counted.MESSAGES, LimitKey.client(), "1/min")));
            Dialogue client = client(proxy, "203.0.113.9");
            mail(mail(client, "a@x.test", "250"), "a@x.test", "450");
            assertThat(log.lines())
                    .anyMatch(
                            line -> line.contains("client=203.0.113.9 verb=MAIL refused-by=THROTTLE:LimitRate reply="));
        }
    }

    @Test
    void what_is_sensible_holds_a_flood_of_connections_off() {
        SmtpProxy proxy = proxyWith(Throttles.sensible(limits));
        List<Dialogue> held = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            held.add(announced(proxy, "203.0.113.9").hears("220"));
        }
        announced(proxy, "203.0.113.9").hearsLine("421 4.7.0 Too many sessions at once, try again later");
        announced(proxy, "203.0.113.10").hears("220");
        held.forEach(Dialogue::close);
    }
}
