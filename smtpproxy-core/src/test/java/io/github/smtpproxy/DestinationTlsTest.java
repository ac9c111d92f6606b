package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.testing.TlsPolicy;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with the destination: how much each policy asks of it, and what the client hears where it cannot be had. */
class DestinationTlsTest extends ProxyTest {

    private static final SSLContext LOCAL = Certificate.LOCAL.shown();
    private static final SSLContext ELSEWHERE = Certificate.ELSEWHERE.shown();
    private static final SSLContext TRUSTING = Certificate.LOCAL.trusted();
    private static final SSLContext KEYLESS = Certificate.LOCAL.trusted();
    private static final String INSECURE = "421 4.7.5 Destination cannot be reached securely";

    private Destination with(TlsPolicy policy) {
        return policy.to(destination.destination(), TRUSTING);
    }

    private Dialogue client(Destination there) {
        return clientOf(proxy(ENDPOINT, Router.to(there))).hears("220 dest.test");
    }

    private static void sendsMessage(Dialogue client) {
        client.envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok: queued as T1")
                .says("QUIT")
                .hears("221 2.0.0 Bye from dest.test")
                .hearsTheEnd();
    }

    private void isSentInTls(Dialogue client) {
        sendsMessage(client.says("EHLO client.test").hears("250-dest.test"));
        assertThat(destination.heard())
                .startsWith("EHLO client.test", "STARTTLS", "(TLS)", "EHLO client.test", "MAIL FROM:<a@client.test>");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    private void isSentInPlaintext(Dialogue client) {
        sendsMessage(client.says("EHLO client.test").hears("250-dest.test"));
        assertThat(destination.heard()).doesNotContain("(TLS)");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    private void isRefused(Dialogue client) {
        client.says("EHLO client.test").hearsLine(INSECURE).hearsTheEnd();
        assertThat(destination.heard("MAIL")).isEmpty();
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void none_never_says_starttls() {
        destination.startTls(LOCAL);
        isSentInPlaintext(client(with(TlsPolicy.NONE)));
        assertThat(destination.heard("STARTTLS")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPPORTUNISTIC", "REQUIRED"})
    void a_certificate_that_nobody_vouches_for_is_taken_where_it_is_not_verified(TlsPolicy policy) {
        destination.startTls(ELSEWHERE);
        isSentInTls(client(with(policy)));
    }

    @Test
    void a_trusted_certificate_that_names_the_host_is_taken_where_it_is_verified() {
        destination.startTls(LOCAL);
        isSentInTls(client(with(TlsPolicy.VERIFIED)));
    }

    @Test
    void opportunistic_goes_on_in_plaintext_where_starttls_is_not_offered() {
        isSentInPlaintext(client(with(TlsPolicy.OPPORTUNISTIC)));
        assertThat(destination.connections()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"454 4.7.0 TLS not available", "502 5.5.1 Not here"})
    void opportunistic_goes_on_in_plaintext_where_starttls_is_refused(String refusal) {
        destination.startTls(LOCAL).on("STARTTLS").reply(refusal);
        isSentInPlaintext(client(with(TlsPolicy.OPPORTUNISTIC)));
        assertThat(destination.connections()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSE", "RESET", "GARBAGE_REPLY", "REPLY_421_AND_CLOSE"})
    void opportunistic_goes_on_in_plaintext_where_starttls_ends_the_connection(Fault fault) {
        destination.startTls(LOCAL).on("STARTTLS").fail(fault);
        isSentInPlaintext(client(with(TlsPolicy.OPPORTUNISTIC)));
        assertThat(destination.connections()).isEqualTo(2);
    }

    @Test
    void opportunistic_goes_on_in_a_new_connection_where_the_handshake_fails() {
        destination.startTls(KEYLESS);
        isSentInPlaintext(client(with(TlsPolicy.OPPORTUNISTIC)));
        assertThat(destination.connections()).isEqualTo(2);
        assertThat(destination.heard("STARTTLS")).hasSize(1);
    }

    @Test
    void opportunistic_goes_on_in_a_new_connection_where_it_is_refused_behind_the_handshake() {
        destination.startTls(LOCAL).wantsCertificate();
        isSentInPlaintext(client(with(TlsPolicy.OPPORTUNISTIC)));
        assertThat(destination.connections()).isEqualTo(2);
        assertThat(destination.heard("STARTTLS")).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSE", "RESET"})
    void opportunistic_goes_on_in_a_new_connection_where_nothing_is_said_behind_the_handshake(Fault fault) {
        destination.startTls(LOCAL).on("STARTTLS").exchange(() -> line -> {
            destination.on("EHLO").fail(fault);
            destination.on("connect").exchange(() -> again -> {
                destination.on("EHLO").reply("250 dest.test");
                return "220 dest.test ESMTP";
            });
            return "220 2.0.0 Go on";
        });
        isSentInPlaintextAgain(client(with(TlsPolicy.OPPORTUNISTIC)));
    }

    private void isSentInPlaintextAgain(Dialogue client) {
        sendsMessage(client.says("EHLO client.test").hears("250 dest.test"));
        assertThat(destination.connections()).isEqualTo(2);
        assertThat(destination.heard("STARTTLS")).hasSize(1);
    }

    @Test
    void where_transactions_are_routed_late_what_it_offers_in_plaintext_counts_if_tls_is_refused() {
        destination.startTls(LOCAL).wantsCertificate().offers("X-ODD");
        Router late = Router.byRecipientDomain().otherwise(with(TlsPolicy.OPPORTUNISTIC));
        Dialogue client = clientOf(proxy(ENDPOINT, late)).hears("220");
        assertThat(client.says("EHLO client.test").reply()).contains("250-X-ODD", "250-SIZE 10485760");
        sendsMessage(client);
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @Test
    void opportunistic_serves_a_client_that_says_helo_to_a_destination_that_knows_nothing_else() {
        destination.on("EHLO").reply("502 5.5.1 dest.test is old");
        Dialogue client = client(with(TlsPolicy.OPPORTUNISTIC));
        sendsMessage(client.says("EHLO client.test")
                .hears("502")
                .says("HELO client.test")
                .hears("250 dest.test"));
    }

    @Test
    void helo_of_the_client_is_answered_in_the_words_of_the_ehlo_that_tls_needs() {
        destination.startTls(LOCAL);
        client(with(TlsPolicy.REQUIRED)).says("HELO client.test").hearsLine("250 dest.test");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "STARTTLS", "(TLS)", "EHLO client.test");
    }

    @ParameterizedTest
    @ValueSource(strings = {" m\u00fcller.test at your service", " a\tb", " ", ""})
    void helo_is_answered_whatever_the_first_line_of_the_ehlo_is(String first) {
        destination.startTls(LOCAL);
        destination.on("EHLO").reply("250" + first.replaceFirst("^ |^$", "-") + "\r\n250 STARTTLS");
        client(with(TlsPolicy.REQUIRED)).says("HELO client.test").hearsLine("250" + (first.isEmpty() ? " " : first));
    }

    @Test
    void tls_is_begun_once_in_a_session() {
        destination.startTls(LOCAL);
        client(with(TlsPolicy.REQUIRED))
                .says("EHLO client.test")
                .hears("250")
                .says("EHLO again.test")
                .hears("250");
        assertThat(destination.heard("STARTTLS")).hasSize(1);
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void what_the_destination_offers_in_plaintext_is_not_what_it_offers_in_tls() {
        destination.startTls(LOCAL).offers("X-STRIPPED");
        destination.on("STARTTLS").exchange(() -> line -> {
            destination.on("EHLO").reply("250-dest.test", "250 X-SECURE");
            return "220 2.0.0 Go on";
        });
        List<String> offered =
                client(with(TlsPolicy.REQUIRED)).says("EHLO client.test").reply();
        assertThat(offered).containsExactly("250-dest.test", "250 X-SECURE");
    }

    @ParameterizedTest
    @EnumSource(names = {"REQUIRED", "VERIFIED"})
    void no_mail_goes_where_tls_is_demanded_and_not_offered(TlsPolicy policy) {
        isRefused(client(with(policy)));
    }

    @ParameterizedTest
    @EnumSource(names = {"REQUIRED", "VERIFIED"})
    void no_mail_goes_where_tls_is_demanded_and_refused(TlsPolicy policy) {
        destination.startTls(LOCAL).on("STARTTLS").reply("454 4.7.0 TLS not available");
        isRefused(client(with(policy)));
    }

    @ParameterizedTest
    @EnumSource(names = {"REQUIRED", "VERIFIED"})
    void no_mail_goes_where_tls_is_demanded_and_the_handshake_fails(TlsPolicy policy) {
        destination.startTls(KEYLESS);
        isRefused(client(with(policy)));
    }

    @ParameterizedTest
    @EnumSource(names = {"REQUIRED", "VERIFIED"})
    void no_mail_goes_where_tls_is_demanded_and_refused_behind_the_handshake(TlsPolicy policy) {
        destination.startTls(LOCAL).wantsCertificate();
        isRefused(client(with(policy)));
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSE", "RESET"})
    void no_mail_goes_where_tls_is_demanded_and_nothing_is_said_behind_the_handshake(Fault fault) {
        destination.startTls(LOCAL).on("STARTTLS").exchange(() -> line -> {
            destination.on("EHLO").fail(fault);
            return "220 2.0.0 Go on";
        });
        isRefused(client(with(TlsPolicy.REQUIRED)));
    }

    @Test
    void a_handshake_has_a_limit_of_its_own() {
        assertThat(Timeouts.defaults().tlsHandshake()).isEqualTo(Duration.ofSeconds(30));
        destination.offers("STARTTLS").on("STARTTLS").reply("220 2.0.0 Go on");
        destination.on("\u0016").fail(Fault.STALL);
        SmtpProxyBuilder hasty = proxy(ENDPOINT, Router.to(with(TlsPolicy.REQUIRED)))
                .timeouts(Timeouts.defaults().tlsHandshake(Duration.ofMillis(500)));
        isRefused(clientOf(hasty).hears("220"));
    }

    @Test
    void a_handshake_that_stalls_ends_in_time() {
        destination.offers("STARTTLS").on("STARTTLS").reply("220 2.0.0 Go on");
        destination.on("\u0016").fail(Fault.STALL);
        SmtpProxyBuilder hasty = proxy(ENDPOINT, Router.to(with(TlsPolicy.REQUIRED)))
                .timeouts(Timeouts.defaults().greeting(Duration.ofMillis(500)));
        isRefused(clientOf(hasty).hears("220"));
    }

    @Test
    void verified_refuses_a_certificate_that_is_not_trusted() {
        destination.startTls(LOCAL);
        isRefused(client(destination.destination().startTls(StartTls.VERIFIED).trust(Certificate.ELSEWHERE.trusted())));
    }

    @Test
    void verified_trusts_no_self_signed_certificate_by_default() {
        destination.startTls(LOCAL);
        isRefused(client(destination.destination().startTls(StartTls.VERIFIED)));
    }

    @Test
    void verified_refuses_a_trusted_certificate_that_names_another_host() {
        destination.startTls(ELSEWHERE);
        isRefused(client(destination.destination().startTls(StartTls.VERIFIED).trust(Certificate.ELSEWHERE.trusted())));
    }

    @Test
    void implicit_tls_begins_before_the_greeting() {
        destination.implicitTls(LOCAL);
        Dialogue client = client(destination.destination().implicitTls().trust(Certificate.LOCAL.trusted()));
        sendsMessage(client.says("EHLO client.test").hears("250"));
        assertThat(destination.heard()).startsWith("(TLS)", "EHLO client.test", "MAIL FROM:<a@client.test>");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "ELSEWHERE"})
    void implicit_tls_with_a_certificate_that_is_not_to_be_believed_is_no_secure_destination(Certificate certificate) {
        destination.implicitTls(certificate.shown());
        Destination there = destination.destination().implicitTls().trust(Certificate.ELSEWHERE.trusted());
        clientOf(proxy(ENDPOINT, Router.to(there))).hearsLine(INSECURE).hearsTheEnd();
        assertThat(destination.heard("EHLO")).isEmpty();
    }

    @Test
    void implicit_tls_that_is_refused_behind_the_handshake_is_no_secure_destination() {
        destination.implicitTls(LOCAL).wantsCertificate();
        Destination there = destination.destination().implicitTls().trust(TRUSTING);
        clientOf(proxy(ENDPOINT, Router.to(there))).hearsLine(INSECURE).hearsTheEnd();
    }

    @Test
    void implicit_tls_to_a_destination_in_plaintext_is_no_secure_destination() {
        Destination there = destination.destination().implicitTls();
        clientOf(proxy(ENDPOINT, Router.to(there))).hearsLine(INSECURE).hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(names = {"REQUIRED", "VERIFIED"})
    void octets_behind_the_permission_to_begin_tls_end_the_connection(TlsPolicy policy) {
        destination.startTls(LOCAL).on("STARTTLS").reply("220 2.0.0 Go on", "250-evil.test", "250 SIZE 1");
        isRefused(client(with(policy)));
        assertThat(destination.heard()).doesNotContain("(TLS)");
    }

    @Test
    void octets_behind_the_permission_to_begin_tls_are_never_a_reply_where_plaintext_will_do() {
        destination.startTls(LOCAL).on("STARTTLS").reply("220 2.0.0 Go on", "250-evil.test", "250 X-EVIL");
        Dialogue client = client(with(TlsPolicy.OPPORTUNISTIC));
        assertThat(client.says("EHLO client.test").reply()).doesNotContain("250 X-EVIL", "250-X-EVIL");
        sendsMessage(client);
        assertThat(destination.connections()).isEqualTo(2);
    }

    @Test
    void a_secret_is_not_said_where_opportunistic_fell_back_to_plaintext() {
        destination.offers("AUTH PLAIN").offers("STARTTLS").on("STARTTLS").reply("454 4.7.0 not now");
        client(with(TlsPolicy.OPPORTUNISTIC).credentials("alice", "open sesame"))
                .says("EHLO client.test")
                .hears("421 4.7.0")
                .hearsTheEnd();
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @Test
    void a_transaction_routed_late_hears_451_and_the_session_goes_on() {
        ScriptedDestination open = anotherDestination();
        Router router = Router.byRecipientDomain()
                .route("secret.test", with(TlsPolicy.REQUIRED))
                .route("open.test", open.destination());
        clientOf(proxy(ENDPOINT, router))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@secret.test>")
                .hears("451 4.4.1")
                .says("RSET")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@open.test>")
                .hearsLine("250 2.1.5 Recipient ok");
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void a_transaction_routed_late_goes_in_tls() {
        destination.startTls(LOCAL);
        Router router = new Router() {
            @Override
            public Route mail(Session session, MailFrom mail) {
                return Route.to(with(TlsPolicy.VERIFIED));
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.to(with(TlsPolicy.VERIFIED));
            }
        };
        sendsMessage(clientOf(proxy(ENDPOINT, router)).greets());
        assertThat(destination.heard())
                .startsWith("EHLO client.test", "STARTTLS", "(TLS)", "EHLO client.test", "MAIL FROM:<a@client.test>");
    }

    @Test
    void a_destination_lost_in_tls_is_lost() {
        destination.startTls(LOCAL).on("RCPT TO:").fail(Fault.CLOSE);
        client(with(TlsPolicy.REQUIRED))
                .says("EHLO client.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "OPPORTUNISTIC", "REQUIRED", "VERIFIED"})
    void requiretls_is_offered_over_tls_to_a_verified_destination_only(TlsPolicy policy) {
        destination.startTls(LOCAL).offers("REQUIRETLS");
        SmtpProxyBuilder builder = proxy(ENDPOINT.offerStartTls(LOCAL), Router.to(with(policy)));
        Dialogue client = clientOf(builder).hears("220");
        assertThat(client.says("EHLO client.test").reply()).doesNotContain("250-REQUIRETLS", "250 REQUIRETLS");
        client.startsTls(Certificate.LOCAL.trusted());
        boolean offered = client.says("EHLO client.test").reply().stream().anyMatch(l -> l.endsWith("REQUIRETLS"));
        assertThat(offered).isEqualTo(policy == TlsPolicy.VERIFIED);
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsPolicy.class,
            names = {"REQUIRED", "VERIFIED"})
    void without_ehlo_nothing_is_said_in_plaintext(TlsPolicy policy) {
        destination.startTls(LOCAL);
        Dialogue client = client(with(policy));
        for (String line :
                List.of("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "AUTH PLAIN AGEAYg==", "VRFY a")) {
            client.says(line).hears("50");
        }
        client.sends("BDAT 6\r\nRSET\r\n").hears("50");
        assertThat(destination.heard()).isEmpty();
        isSentInTls(client);
    }
}
