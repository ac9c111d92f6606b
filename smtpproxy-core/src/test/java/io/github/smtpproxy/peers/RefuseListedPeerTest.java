package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.dnslists.ListSettings;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients and names that a real rbldnsd lists. */
@Tag("servers")
@Timeout(120)
class RefuseListedPeerTest {

    private static final String KEY = "abcdefghij0123456789abcd";

    private static RbldnsdServer rbldnsd;

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<Verdict> verdicts = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void startDaemon() {
        String test = "127.0.0.2\n";
        rbldnsd = RbldnsdServer.start(Map.of(
                "bad.test:ip4set",
                ":127.0.0.2:See https://bad.test/$\n" + test + "203.0.113.9\n203.0.113.10 :127.0.0.10:policy\n",
                "six.test:ip6trie",
                ":127.0.0.2:Six $\n::ffff:7f00:2\n2001:db8::/32\n",
                "good.test:ip4set",
                ":127.0.0.2:good\n" + test + "203.0.113.9\n",
                "error.test:ip4set",
                ":127.255.255.254:Open resolver\n203.0.113.9\n:127.0.0.2:x\n" + test,
                "all.test:ip4set",
                ":127.0.0.2:everybody\n0.0.0.0/0\n",
                KEY + ".keyed.test:ip4set",
                ":127.0.0.2:Listed in " + KEY + ".keyed.test: $\n" + test + "203.0.113.9\n203.0.113.11 :127.0.0.2:"
                        + "x".repeat(190) + KEY + ".keyed.test\n",
                "names.test:dnset",
                ":127.0.1.2:Spam domain\nbad.example\n.worse.example\ntest\n"));
    }

    @AfterAll
    static void stopDaemon() {
        rbldnsd.close();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        ending.close();
    }

    private static ListSettings lists(String... lists) {
        return RefuseListed.by(lists).resolver(rbldnsd.resolver());
    }

    private Dialogue client(ListSettings lists, boolean observed) {
        RefuseListed filter = lists.build();
        opened.add(filter);
        SmtpProxy proxy = ending.start(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).received(false).xclientFrom(AddressRange.parse("127.0.0.1")))
                .router(Router.to(destination.destination()))
                .filter(observed ? Observe.only(filter) : filter)
                .listener(new ProxyListener() {
                    @Override
                    public void verdict(Session session, Verdict verdict) {
                        verdicts.add(verdict);
                    }
                }));
        Dialogue client = Dialogue.with(proxy.address());
        opened.add(client);
        return client.greets();
    }

    private Dialogue from(String address, ListSettings lists) {
        return named(client(lists, false), address, "far.example");
    }

    private static Dialogue named(Dialogue client, String address, String hello) {
        return client.says("XCLIENT ADDR=" + address)
                .hears("220")
                .says("EHLO " + hello)
                .hears("250")
                .says("MAIL FROM:<a@bad.example>")
                .hears("250");
    }

    @Test
    void a_listed_client_is_refused_at_rcpt_with_the_reason_of_the_list() {
        Dialogue client = from("203.0.113.9", lists("bad.test"));
        client.says("RCPT TO:<b@dest.test>")
                .hears(
                        "554 5.7.1 Service unavailable; client [203.0.113.9] blocked using bad.test; See https://bad.test/203.0.113.9 (");
        client.says("RCPT TO:<Postmaster@dest.test>").hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<Postmaster@dest.test>");
        assertThat(verdicts).singleElement().satisfies(v -> {
            assertThat(v.decision()).isEqualTo(Decision.REFUSE);
            assertThat(v.rule()).isEqualTo("bad.test=127.0.0.2");
            assertThat(v.score()).hasValue(1);
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "203.0.113.8 | bad.test | 250",
                "203.0.113.10 | bad.test=127.0.0.[2..9] | 250",
                "203.0.113.10 | bad.test=127.0.0.[2..9;10] | 554",
                "203.0.113.9 | bad.test*2 good.test*-2 | 250",
                "203.0.113.9 | bad.test*3 good.test*-2 | 554",
                "203.0.113.9 | error.test | 250",
                "203.0.113.9 | error.test bad.test | 554",
                "203.0.113.9 | all.test | 250",
                "203.0.113.9 | nowhere.test | 250",
                "IPv6:2001:db8::1 | six.test | 554",
                "IPv6:2001:db9::1 | six.test | 250",
                "IPv6:2001:db8::1 | bad.test | 250",
            })
    void lists_and_weights(String address, String lists, String reply) {
        try (CapturedLog log = new CapturedLog()) {
            from(address, lists(lists.split(" "))).says("RCPT TO:<b@dest.test>").hears(reply);
            assertThat(log.traces()).isEmpty();
        }
    }

    @Test
    void the_threshold_counts() {
        ListSettings lists = lists("bad.test*2", "good.test").threshold(3);
        from("203.0.113.9", lists).says("RCPT TO:<b@dest.test>").hears("554");
        from("203.0.113.9", lists.threshold(4)).says("RCPT TO:<b@dest.test>").hears("250");
    }

    @Test
    void a_key_is_never_shown() {
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = from("203.0.113.9", lists(KEY + ".keyed.test", KEY + ".lost.test"));
            client.says("RCPT TO:<b@dest.test>");
            assertThat(client.reply().get(0))
                    .startsWith("554 5.7.1 ")
                    .contains("blocked using keyed.test; Listed in keyed.test: 203.0.113.9")
                    .doesNotContain(KEY);
            client.says("RSET").hears("250");
            assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains(KEY));
        }
        assertThat(verdicts.toString()).doesNotContain(KEY);
    }

    @Test
    void no_part_of_a_key_is_shown_where_a_reason_is_cut() {
        Dialogue client = from("203.0.113.11", lists(KEY + ".keyed.test"));
        client.says("RCPT TO:<b@dest.test>");
        assertThat(client.reply().get(0)).startsWith("554 5.7.1 ").doesNotContain(KEY.substring(0, 5));
    }

    @Test
    void lists_that_fail_their_test_are_left_out_and_said_once() {
        try (CapturedLog log = new CapturedLog()) {
            from("203.0.113.9", lists("all.test")).says("RCPT TO:<b@dest.test>").hears("250");
            assertThat(log.lines())
                    .filteredOn(l -> l.contains("all.test fails its test"))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "bad.example, names.test, -, '554 5.7.1 Service unavailable; HELO bad.example blocked using names.test; Spam domain ('",
        "x.worse.example, names.test, -, 554",
        "good.example, names.test, -, 250",
        "[203.0.113.9], names.test, -, 250",
        "good.example, -, names.test, '554 5.7.1 Service unavailable; sender bad.example blocked using names.test'",
    })
    void names_are_looked_up_too(String hello, String helloList, String senderList, String reply) {
        ListSettings lists = lists();
        lists = helloList.equals("-") ? lists : lists.hello(helloList);
        lists = senderList.equals("-") ? lists : lists.senders(senderList);
        named(client(lists, false), "203.0.113.8", hello)
                .says("RCPT TO:<b@dest.test>")
                .hears(reply);
    }

    @Test
    void a_client_that_is_only_observed_is_not_refused() {
        named(client(lists("bad.test"), true), "203.0.113.9", "x.example")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        assertThat(verdicts).singleElement().extracting(Verdict::decision).isEqualTo(Decision.REFUSE);
    }

    @Test
    void trusted_clients_are_exempt() {
        Dialogue client = client(lists("all.test", "bad.test"), false);
        client.envelope();
        assertThat(verdicts).isEmpty();
    }

    @Test
    void a_listed_client_can_be_refused_when_it_connects() {
        RefuseListed filter =
                lists("bad.test").exempt(Clients.none()).atConnect().build();
        opened.add(filter);
        SmtpProxy proxy = ending.start(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).proxyProtocolFrom(AddressRange.parse("127.0.0.1")))
                .router(Router.to(destination.destination()))
                .filter(filter));
        Dialogue client = Dialogue.with(proxy.address());
        opened.add(client);
        client.says("PROXY TCP4 203.0.113.9 192.0.2.1 4000 25")
                .hears("554 5.7.1 Service unavailable; client [203.0.113.9]");
        client.says("QUIT").hears("221");
    }
}
