package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.routing.MxRouter;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Ports;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.testing.ScriptedDns.Fault;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where mail for a domain goes, by what the DNS says. */
@Timeout(60)
class MxRouterTest extends ProxyTest {

    private static Session session(int number) {
        return (Session) Proxy.newProxyInstance(
                Session.class.getClassLoader(),
                new Class<?>[] {Session.class},
                (proxy, method, arguments) -> "s" + number);
    }

    private final ScriptedDns dns = ScriptedDns.start();
    private final MxRouter router = MxRouter.by(dns.resolver()).ourselves("proxy.test", "MX.ours.test.");

    @AfterEach
    void close() {
        dns.close();
    }

    private static Route route(MxRouter router, String recipient) {
        return route(router, recipient, 1);
    }

    private static Route route(MxRouter router, String recipient, int session) {
        return router.rcpt(session(session), MailFrom.nullPath(), RcptTo.parse("RCPT TO:<" + recipient + ">"));
    }

    private List<String> hosts(String recipient) {
        return hosts(recipient, 1);
    }

    private List<String> hosts(String recipient, int session) {
        Route route = route(router, recipient, session);
        assertThat(route).isInstanceOf(Route.To.class);
        ((Route.To) route).ended().run();
        return ((Route.To) route)
                .target().destinations().stream().map(Destination::toString).toList();
    }

    private String refusal(String recipient) {
        Route route = route(router, recipient);
        assertThat(route).isInstanceOf(Route.Refuse.class);
        return ((Route.Refuse) route).reply().toString();
    }

    @Test
    void the_best_exchanger_is_first_and_equals_are_shuffled() {
        dns.has("a.test", "MX 20 c.a.test.", "MX 10 b1.a.test.", "MX 10 b2.a.test.");
        Set<String> first = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            List<String> hosts = hosts("x@A.test", i);
            assertThat(hosts).hasSize(3).last().isEqualTo("c.a.test:25");
            assertThat(hosts("y@a.test", i)).isEqualTo(hosts);
            first.add(hosts.get(0));
        }
        assertThat(first).containsExactlyInAnyOrder("b1.a.test:25", "b2.a.test:25");
    }

    @Test
    void a_domain_without_exchanger_is_its_own() {
        dns.has("four.test", "192.0.2.1").has("six.test", "2001:db8::1");
        assertThat(hosts("x@four.test")).containsExactly("four.test:25");
        assertThat(hosts("x@six.test")).containsExactly("six.test:25");
        assertThat(hosts("x@[192.0.2.7]")).containsExactly("192.0.2.7:25");
        assertThat(hosts("x@[IPv6:2001:db8::7]")).containsExactly("[2001:db8:0:0:0:0:0:7]:25");
    }

    @Test
    void what_takes_no_mail_is_refused() {
        dns.has("null.test", "MX 0 .").has("text.test", "only a text");
        dns.has("odd.test", "MX 10 -.", "MX 20 .");
        assertThat(refusal("x@null.test")).startsWith("556 5.1.10");
        assertThat(refusal("x@odd.test")).startsWith("550 5.1.2");
        assertThat(refusal("x@text.test")).startsWith("550 5.1.2");
        assertThat(refusal("x@nowhere.test")).startsWith("550 5.1.2");
    }

    @Test
    void where_the_dns_does_not_answer_the_recipient_is_deferred() {
        dns.has("mute.test", "MX 10 mx.test.").fails("MX mute.test", Fault.SERVER_FAILURE);
        dns.has("half.test", "a text").fails("AAAA half.test", Fault.SERVER_FAILURE);
        assertThat(refusal("x@mute.test")).startsWith("451 4.4.3");
        assertThat(refusal("x@half.test")).startsWith("451 4.4.3");
    }

    @Test
    void only_exchangers_that_are_better_than_ourselves_are_tried() {
        dns.has("spare.test", "MX 10 best.test.", "MX 20 mx.ours.test.", "MX 20 equal.test.", "MX 30 worse.test.");
        dns.has("ours.test", "MX 10 MX.OURS.test.", "MX 20 worse.test.");
        dns.has("proxy.test", "192.0.2.1");
        assertThat(hosts("x@spare.test")).containsExactly("best.test:25");
        assertThat(refusal("x@ours.test")).startsWith("554 5.4.6");
        assertThat(refusal("x@proxy.test")).startsWith("554 5.4.6");
    }

    @Test
    void a_domain_cannot_name_servers_without_end() {
        dns.has(
                "many.test",
                IntStream.range(0, 50)
                        .mapToObj(i -> "MX " + i + " mx" + i + ".test.")
                        .toArray(String[]::new));
        assertThat(hosts("x@many.test")).hasSize(10).first().isEqualTo("mx0.test:25");
    }

    @Test
    void each_destination_gets_the_settings() {
        dns.has("a.test", "MX 10 mx.test.");
        Route route = route(router.port(2525).destination(d -> d.startTls(StartTls.OPPORTUNISTIC)), "x@a.test");
        assertThat(((Route.To) route).target())
                .isEqualTo(Destination.at("mx.test", 2525).startTls(StartTls.OPPORTUNISTIC));
        assertThatThrownBy(() -> router.port(0)).hasMessage("port must be between 1 and 65535, was 0");
        assertThatThrownBy(() -> router.ourselves("a b")).hasMessageContaining("name of our own must be");
    }

    @Test
    void mail_goes_to_an_exchanger_that_answers() {
        dns.has("dest.test", "MX 10 127.0.0.1.", "MX 20 localhost.");
        MxRouter here = MxRouter.by(dns.resolver().within(Duration.ofSeconds(5)))
                .port(destination.destination().port());
        Dialogue client = clientOf(proxy(ENDPOINT, here))
                .hears("220 proxy.test")
                .says("EHLO client.test")
                .hears("250");
        client.envelope().says("DATA").hears("354").says("hello").says(".").hears("250");
        client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@nowhere.test>")
                .hears("550 5.1.2");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @Test
    void so_many_sessions_and_no_more_send_to_a_domain_at_once() {
        dns.has("a.test", "MX 10 mx.test.").has("b.test", "MX 10 mx.test.");
        MxRouter two = router.perDomain(2, Duration.ZERO);
        List<Route> first = List.of(route(two, "x@a.test", 1), route(two, "y@A.test", 1), route(two, "x@a.test", 2));
        assertThat(first).allMatch(Route.To.class::isInstance);
        assertThat(route(two, "x@a.test", 3))
                .isInstanceOf(Route.Refuse.class)
                .asString()
                .contains("451 4.3.2");
        assertThat(route(two, "x@b.test", 3)).isInstanceOf(Route.To.class);
        ((Route.To) first.get(0)).ended().run();
        assertThat(route(two, "x@a.test", 3)).isInstanceOf(Route.Refuse.class);
        ((Route.To) first.get(1)).ended().run();
        assertThat(route(two, "x@a.test", 3)).isInstanceOf(Route.To.class);
        assertThatThrownBy(() -> router.perDomain(0, Duration.ZERO)).hasMessageContaining("was 0");
        assertThatThrownBy(() -> router.perDomain(1, Duration.ofSeconds(21))).hasMessageContaining("was PT21S");
    }

    @Test
    void one_more_session_waits_until_another_has_ended() throws Exception {
        dns.has("a.test", "MX 10 mx.test.");
        MxRouter one = router.perDomain(1, Duration.ofSeconds(20));
        Route.To first = (Route.To) route(one, "x@a.test", 1);
        FutureTask<Route> second = new FutureTask<>(() -> route(one, "x@a.test", 2));
        Thread waiting = new Thread(second);
        waiting.start();
        await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
        first.ended().run();
        assertThat(second.get()).isInstanceOf(Route.To.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_exchanger_whose_address_is_ours_is_a_loop(boolean multiplexing) {
        dns.has("loop.test", "MX 10 localhost.");
        int port = Ports.free();
        SmtpProxyBuilder proxy = proxy(
                Endpoint.at("127.0.0.1", port).hostname("proxy.test"),
                MxRouter.by(dns.resolver()).port(port));
        Dialogue client = clientOf(multiplexing ? proxy.multiplexing(Pool.max(2)) : proxy)
                .hears("220")
                .says("EHLO client.test")
                .hears("250");
        client.says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@loop.test>").hears("554 5.4.6").says("NOOP").hears("250");
    }
}
