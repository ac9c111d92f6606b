package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client's address on its way from a real HAProxy in front of the proxy to a real Postfix behind it. */
@Tag("servers")
class ClientAddressPeerTest {

    private static final String CLIENT = "127.0.0.9";
    private static final String BY_XCLIENT = "smtpd_authorized_xclient_hosts = 127.0.0.1";
    private static final String BY_XFORWARD = "smtpd_authorized_xforward_hosts = 127.0.0.1";
    private static final String BY_PROXY = "smtpd_upstream_proxy_protocol = haproxy";

    private static final Endpoint ENDPOINT = Endpoint.at("127.0.0.1", 0).hostname("proxy.test");

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final Filter looking = new Filter() {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            seen.add(next.session().remoteAddress().getAddress().getHostAddress());
            return next.proceed(mail);
        }
    };

    private final List<AutoCloseable> running = new CopyOnWriteArrayList<>();

    @AfterEach
    void nothing_is_left() throws Exception {
        // those in front first, so that the proxy's sessions have ended when it is looked at
        for (int i = running.size() - 1; i >= 0; i--) {
            running.get(i).close();
        }
    }

    private PostfixServer postfix(String... settings) {
        PostfixServer postfix = PostfixServer.start(settings);
        running.add(postfix);
        return postfix;
    }

    private SmtpProxy proxy(Endpoint endpoint, PostfixServer postfix, ClientAnnouncement how) {
        SmtpProxyBuilder builder = SmtpProxy.builder()
                .listen(endpoint)
                .filter(looking)
                .router(Router.to(postfix.destination().announce(how)));
        NothingLeft ending = new NothingLeft();
        running.add(ending);
        return ending.start(builder);
    }

    private HaProxy haProxy(SmtpProxy proxy, String header) {
        HaProxy haProxy = HaProxy.before(proxy.address().getPort(), header);
        running.add(haProxy);
        return haProxy;
    }

    private static void send(int port, String... options) {
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/swaks",
                "--server=127.0.0.1:" + port,
                "--local-interface=" + CLIENT,
                "--ehlo=c.test",
                "--from=a@c.test",
                "--to=alice@dest.test",
                "--data=Subject: address\\n\\nhello\\n"));
        command.addAll(List.of(options));
        Peer.Run run = Peer.run("", command.toArray(String[]::new));
        assertThat(run.status()).as(run.output()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"send-proxy", "send-proxy-v2"})
    void haproxy_in_front_says_who_the_client_is(String header) {
        HaProxy.require();
        Peer.require("/usr/bin/swaks");
        PostfixServer postfix = postfix();
        Endpoint behind = ENDPOINT.proxyProtocolFrom(AddressRange.parse("127.0.0.1/32"));
        send(haProxy(proxy(behind, postfix, ClientAnnouncement.NONE), header).port());
        assertThat(seen).containsExactly(CLIENT);
        assertThat(postfix.mailOf("alice")).contains("Received: from c.test ([" + CLIENT + "])\n by proxy.test");
    }

    @ParameterizedTest
    @EnumSource(names = {"XCLIENT", "PROXY_V1", "PROXY_V2"})
    void postfix_behind_takes_the_client_for_its_own(ClientAnnouncement how) {
        Peer.require("/usr/bin/swaks");
        PostfixServer postfix = postfix(how == ClientAnnouncement.XCLIENT ? BY_XCLIENT : BY_PROXY);
        send(proxy(ENDPOINT, postfix, how).address().getPort());
        assertThat(postfix.mailOf("alice"))
                .contains("Received: from c.test (unknown [" + CLIENT + "])\n\tby postfix.test");
        assertThat(postfix.log()).containsPattern("smtpd\\[\\d+]: \\w+: client=unknown\\[" + CLIENT + "]");
    }

    @Test
    void postfix_behind_logs_who_the_client_is_by_xforward() {
        Peer.require("/usr/bin/swaks");
        PostfixServer postfix = postfix(BY_XFORWARD);
        send(proxy(ENDPOINT, postfix, ClientAnnouncement.XFORWARD).address().getPort());
        assertThat(postfix.mailOf("alice"))
                .contains("Received: from c.test (localhost [127.0.0.1])\n\tby postfix.test");
        assertThat(postfix.log())
                .containsPattern("client=localhost\\[127.0.0.1], .*orig_client=unknown\\[" + CLIENT + "]");
    }

    @Test
    void an_address_that_haproxy_tells_by_proxy_is_told_to_postfix_by_xclient() {
        HaProxy.require();
        Peer.require("/usr/bin/swaks");
        PostfixServer postfix = postfix(BY_XCLIENT);
        Endpoint behind = ENDPOINT.proxyProtocolFrom(AddressRange.parse("127.0.0.1/32"));
        send(haProxy(proxy(behind, postfix, ClientAnnouncement.XCLIENT), "send-proxy-v2")
                .port());
        assertThat(postfix.mailOf("alice"))
                .contains("Received: from c.test (unknown [" + CLIENT + "])\n\tby postfix.test");
    }

    /** A client of whom the peer in front of the proxy says this. */
    private Dialogue client(SmtpProxy proxy, String said) {
        Dialogue client = Dialogue.with(proxy.address());
        running.add(client::close);
        return client.greets().says(said).hears("220").says("EHLO c.test").hears("250");
    }

    @ParameterizedTest
    @EnumSource(names = {"XCLIENT", "PROXY_V1", "PROXY_V2"})
    void postfix_behind_does_not_relay_for_a_client_that_nobody_knows(ClientAnnouncement how) {
        PostfixServer postfix = postfix(how == ClientAnnouncement.XCLIENT ? BY_XCLIENT : BY_PROXY);
        Endpoint trusting = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1"));
        client(proxy(trusting, postfix, how), "XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE]")
                .says("MAIL FROM:<a@c.test>")
                .hears("250")
                .says("RCPT TO:<b@elsewhere.test>")
                .hears("454 4.7.1")
                .says("RCPT TO:<alice@dest.test>")
                .hears("250");
    }

    @Test
    void postfix_behind_hears_the_name_of_a_client_that_one_in_front_knows() {
        PostfixServer postfix = postfix(BY_XCLIENT);
        Endpoint trusting = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1"));
        delivers(client(proxy(trusting, postfix, ClientAnnouncement.XCLIENT), "XCLIENT NAME=real.test ADDR=192.0.2.1"));
        assertThat(postfix.mailOf("alice"))
                .contains("Received: from c.test (real.test [192.0.2.1])\n\tby postfix.test");
    }

    private static void delivers(Dialogue client) {
        client.says("MAIL FROM:<a@c.test>")
                .hears("250")
                .says("RCPT TO:<alice@dest.test>")
                .hears("250")
                .says("DATA")
                .hears("354")
                .says("Subject: address")
                .says("")
                .says(".")
                .hears("250");
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "jürgen@dest.test"})
    void postfix_behind_hears_who_logged_in_at_the_proxy(String user) {
        PostfixServer postfix = postfix(
                BY_XCLIENT,
                "smtpd_sasl_auth_enable = yes",
                "smtpd_relay_restrictions = permit_sasl_authenticated, reject");
        Endpoint users = ENDPOINT.authenticate((name, password) -> true)
                .plaintextAuthentication(true)
                .proxyProtocolFrom(AddressRange.parse("127.0.0.1"));
        String plain = Base64.getEncoder().encodeToString(("\0" + user + "\0x").getBytes(StandardCharsets.UTF_8));
        Dialogue client =
                Dialogue.with(proxy(users, postfix, ClientAnnouncement.XCLIENT).address());
        running.add(client::close);
        delivers(client.sends("PROXY TCP4 " + CLIENT + " 127.0.0.1 7 25\r\n")
                .greets()
                .says("EHLO again.test")
                .hears("250")
                .says("AUTH PLAIN " + plain)
                .hears("235"));
        postfix.mailOf("alice");
        String logged = new String(user.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(postfix.log()).contains("sasl_method=XCLIENT, sasl_username=" + logged);
    }

    @Test
    void postfix_in_front_says_who_the_client_is_by_xforward() {
        Peer.require("/usr/bin/swaks");
        PostfixServer behind = postfix(BY_XFORWARD);
        Endpoint filter = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1"));
        SmtpProxy proxy = proxy(filter, behind, ClientAnnouncement.XFORWARD);
        PostfixServer front =
                postfix("smtpd_proxy_filter = 127.0.0.1:" + proxy.address().getPort());
        send(front.destination().port());
        assertThat(seen).containsExactly(CLIENT);
        assertThat(behind.mailOf("alice"))
                .contains("Received: from c.test ([" + CLIENT + "])\n by proxy.test with ESMTP");
        assertThat(behind.log()).containsPattern("orig_client=unknown\\[" + CLIENT + "]");
    }

    @Test
    void a_login_behind_starttls_reaches_postfix_too() {
        Peer.require("/usr/bin/swaks");
        PostfixServer postfix = postfix(
                BY_XCLIENT,
                "smtpd_sasl_auth_enable = yes",
                "smtpd_relay_restrictions = permit_sasl_authenticated, reject");
        Endpoint users = ENDPOINT.requireStartTls(Certificate.LOCAL.shown())
                .authenticate((name, password) -> password.equals("sesame"));
        send(
                proxy(users, postfix, ClientAnnouncement.XCLIENT).address().getPort(),
                "--tls",
                "--auth=PLAIN",
                "--auth-user=alice",
                "--auth-password=sesame");
        assertThat(postfix.mailOf("alice"))
                .contains("Received: from c.test (unknown [" + CLIENT + "])\n\tby postfix.test");
        assertThat(postfix.log())
                .containsPattern("client=unknown\\[" + CLIENT + "], sasl_method=XCLIENT, sasl_username=alice");
    }
}
