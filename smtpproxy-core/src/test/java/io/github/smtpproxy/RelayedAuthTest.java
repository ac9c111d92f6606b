package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.TlsPolicy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** AUTH relayed live (RFC 4954): the destination challenges, the client answers, and the proxy holds to the rules. */
class RelayedAuthTest extends ProxyTest {

    private static final String PLAIN = "AGFsaWNlAG9wZW4gc2VzYW1l";
    private static final String WELCOME = "235 2.7.0 dest.test welcomes you";
    private static final String CANCELLED = "501 5.7.0 dest.test hears that you cancel";

    @BeforeEach
    void the_destination_knows_passwords() {
        destination.offers("AUTH PLAIN LOGIN XOAUTH2");
        destination.on("AUTH PLAIN " + PLAIN).reply(WELCOME);
        destination.on("AUTH LOGIN").reply("334 VXNlcm5hbWU6");
        destination.on("YWxpY2U=").reply("334 UGFzc3dvcmQ6");
        destination.on("b3BlbiBzZXNhbWU=").reply(WELCOME);
        destination.on("d3Jvbmc=").reply("535 5.7.8 dest.test says no");
        destination.on("*").reply(CANCELLED);
    }

    private Dialogue client() {
        return clientOf(proxy()).greets();
    }

    @Test
    void plain_with_its_initial_response_passes() {
        client().says("AUTH PLAIN " + PLAIN).hearsLine(WELCOME).envelope();
        assertThat(destination.heard())
                .containsExactly(
                        "EHLO client.test",
                        "AUTH PLAIN " + PLAIN,
                        "MAIL FROM:<a@client.test>",
                        "RCPT TO:<b@dest.test>");
    }

    @Test
    void an_empty_challenge_keeps_its_space() {
        destination.on("AUTH PLAIN").reply("334 ");
        destination.on(PLAIN).reply(WELCOME);
        client().says("AUTH PLAIN").hearsLine("334 ").says(PLAIN).hearsLine(WELCOME);
        assertThat(destination.heard()).containsExactly("EHLO client.test", "AUTH PLAIN", PLAIN);
    }

    @Test
    void login_passes_with_both_of_its_challenges() {
        client().says("AUTH LOGIN")
                .hearsLine("334 VXNlcm5hbWU6")
                .says("YWxpY2U=")
                .hearsLine("334 UGFzc3dvcmQ6")
                .says("b3BlbiBzZXNhbWU=")
                .hearsLine(WELCOME);
    }

    @Test
    void a_wrong_password_is_refused_by_the_destination_and_the_next_may_be_right() {
        client().says("AUTH LOGIN")
                .hearsLine("334 VXNlcm5hbWU6")
                .says("YWxpY2U=")
                .hearsLine("334 UGFzc3dvcmQ6")
                .says("d3Jvbmc=")
                .hearsLine("535 5.7.8 dest.test says no")
                .says("AUTH PLAIN " + PLAIN)
                .hearsLine(WELCOME);
    }

    @Test
    void an_initial_response_without_octets_passes() {
        destination.on("AUTH X-NEW =").reply(WELCOME);
        client().says("AUTH X-NEW =").hearsLine(WELCOME);
        assertThat(destination.heard("AUTH")).containsExactly("AUTH X-NEW =");
    }

    @Test
    void an_empty_response_passes() {
        destination.on("AUTH X-NEW").exchange(() -> line -> line.isEmpty() ? WELCOME : "334 Zmlyc3Q=");
        client().says("AUTH X-NEW").hearsLine("334 Zmlyc3Q=").says("").hearsLine(WELCOME);
    }

    @Test
    void a_client_that_cancels_hears_the_destinations_501_and_goes_on() {
        client().says("AUTH LOGIN")
                .hears("334")
                .says("*")
                .hearsLine(CANCELLED)
                .says("AUTH PLAIN " + PLAIN)
                .hearsLine(WELCOME);
    }

    @Test
    void a_second_login_is_refused_in_the_destinations_words() {
        Dialogue client = client().says("AUTH PLAIN " + PLAIN).hearsLine(WELCOME);
        destination.on("AUTH").reply("503 5.5.1 dest.test knows you already");
        client.says("AUTH LOGIN")
                .hearsLine("503 5.5.1 dest.test knows you already")
                .envelope();
    }

    @Test
    void a_second_login_that_the_destination_begins_is_cancelled() {
        client().says("AUTH PLAIN " + PLAIN)
                .hearsLine(WELCOME)
                .says("AUTH LOGIN")
                .hears("503 5.5.1")
                .says("NOOP")
                .hearsLine("250 2.0.0 Noop");
        assertThat(destination.heard()).endsWith("AUTH LOGIN", "*", "NOOP");
    }

    @Test
    void a_login_inside_a_transaction_is_refused_in_the_destinations_words() {
        destination.on("AUTH").reply("503 5.5.1 dest.test is in a transaction");
        client().says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("AUTH LOGIN")
                .hearsLine("503 5.5.1 dest.test is in a transaction")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    @Test
    void a_login_inside_a_transaction_that_the_destination_begins_is_cancelled_and_the_transaction_goes_on() {
        client().envelope()
                .says("AUTH LOGIN")
                .hears("503 5.5.1")
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @Test
    void a_response_of_12_288_octets_with_its_line_end_passes() {
        destination.on("A".repeat(12_286)).reply(WELCOME);
        client().says("AUTH LOGIN").hears("334").says("A".repeat(12_286)).hearsLine(WELCOME);
    }

    @Test
    void a_longer_response_cancels_and_the_session_goes_on() {
        client().says("AUTH LOGIN")
                .hears("334")
                .says("A".repeat(12_287))
                .hears("500 5.5.6")
                .says("AUTH PLAIN " + PLAIN)
                .hearsLine(WELCOME);
        assertThat(destination.heard()).containsExactly("EHLO client.test", "AUTH LOGIN", "*", "AUTH PLAIN " + PLAIN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "a\rb"})
    void a_malformed_response_cancels_and_the_session_goes_on(String response) {
        client().says("AUTH LOGIN")
                .hears("334")
                .says(response)
                .hears("501 5.5.2")
                .says("NOOP")
                .hears("250 2.0.0 Noop");
        assertThat(destination.heard()).endsWith("AUTH LOGIN", "*", "NOOP");
    }

    @Test
    void what_comes_behind_a_bare_line_feed_is_no_command() {
        client().says("AUTH LOGIN")
                .hears("334")
                .sends("YWxpY2U=\nVRFY smuggled\r\nNOOP\r\n")
                .hears("501 5.5.2")
                .hearsLine("250 2.0.0 Noop");
        assertThat(destination.heard()).doesNotContain("VRFY smuggled");
    }

    @Test
    void a_destination_that_goes_on_after_the_cancellation_is_left_and_the_session_goes_on() {
        destination.on("*").reply("334 Z28gb24=");
        client().says("AUTH LOGIN")
                .hears("334")
                .says("A".repeat(13_000))
                .hears("500 5.5.6")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(destination.connections()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {2_500, 12_273})
    void a_token_of_many_octets_passes_inline(int length) {
        String token = "A".repeat(length);
        destination.on("AUTH XOAUTH2 " + token).reply(WELCOME);
        client().says("AUTH XOAUTH2 " + token).hearsLine(WELCOME);
        assertThat(destination.heard("AUTH")).containsExactly("AUTH XOAUTH2 " + token);
    }

    @Test
    void a_longer_one_is_500_and_the_session_goes_on() {
        client().says("AUTH XOAUTH2 " + "A".repeat(12_274))
                .hears("500 5.5.6")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "CLOSE", "CUT_IN_REPLY", "GARBAGE_REPLY"})
    void a_destination_lost_in_mid_exchange_is_421(Fault fault) {
        destination.on("YWxpY2U=").fail(fault);
        client().says("AUTH LOGIN")
                .hears("334")
                .says("YWxpY2U=")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @Test
    void a_destination_that_falls_silent_in_mid_exchange_is_421() {
        destination.on("YWxpY2U=").fail(Fault.STALL);
        clientOf(proxy().timeouts(Timeouts.defaults().command(Duration.ofMillis(800))))
                .greets()
                .says("AUTH LOGIN")
                .hears("334")
                .says("YWxpY2U=")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_client_gone_in_mid_exchange_ends_the_destinations_session(boolean reset) {
        Dialogue client = client().says("AUTH LOGIN").hears("334");
        if (reset) {
            client.resets();
        } else {
            client.closes();
        }
        await().untilAsserted(() -> assertThat(destination.openConnections()).isZero());
        assertThat(destination.heard()).containsExactly("EHLO client.test", "AUTH LOGIN");
    }

    @Test
    void a_client_that_falls_silent_in_mid_exchange_is_421() {
        clientOf(proxy().timeouts(Timeouts.defaults().clientCommand(Duration.ofMillis(800))))
                .greets()
                .says("AUTH LOGIN")
                .hears("334")
                .hears("421 4.4.2")
                .hearsTheEnd();
        assertThat(destination.heard()).endsWith("AUTH LOGIN", "*");
    }

    @Test
    void both_spellings_of_the_offer_are_edited_alike() {
        String mechanisms = "GSSAPI LOGIN DIGEST-MD5 SCRAM-SHA-256-PLUS X-NEW GSS-SPNEGO PLAIN";
        destination.on("EHLO").reply("250-dest.test", "250-AUTH " + mechanisms, "250 AUTH=" + mechanisms);
        assertThat(clientOf(proxy()).hears("220").says("EHLO client.test").reply())
                .containsExactly("250-dest.test", "250-AUTH LOGIN X-NEW PLAIN", "250 AUTH=LOGIN X-NEW PLAIN");
    }

    @Test
    void mechanisms_in_lines_of_their_own_are_all_offered() {
        destination.on("EHLO").reply("250-dest.test", "250-AUTH GSSAPI", "250-AUTH PLAIN", "250-DSN", "250 AUTH LOGIN");
        assertThat(clientOf(proxy()).hears("220").says("EHLO client.test").reply())
                .containsExactly("250-dest.test", "250-AUTH PLAIN LOGIN", "250 DSN");
    }

    @Test
    void an_offer_of_which_nothing_is_left_is_left_out() {
        destination.on("EHLO").reply("250-dest.test", "250-AUTH GSSAPI", "250-AUTH=GSSAPI", "250 HELP");
        assertThat(clientOf(proxy()).hears("220").says("EHLO client.test").reply())
                .containsExactly("250-dest.test", "250 HELP");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GSSAPI",
                "gssapi YII=",
                "DIGEST-MD5",
                "SCRAM-SHA-256-PLUS cD10bHM=",
                "GS2-KRB5",
                "GSSAPI\u000bYII=",
                " GSSAPI",
                "\tGSSAPI",
                "GSSAPI\tYII=",
                "SCRAM-SHA-1-PLUS\tx"
            })
    void what_binds_the_connection_is_refused(String mechanism) {
        destination.on("AUTH").reply(WELCOME);
        client().says("AUTH " + mechanism).hears("50").says("NOOP").hears("250");
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"NONE, true", "REQUIRED, false"})
    void external_passes_where_nothing_is_tls(TlsPolicy policy, boolean passes) {
        destination.startTls(Certificate.LOCAL.shown()).offers("AUTH=EXTERNAL");
        destination.on("AUTH EXTERNAL =").reply(WELCOME);
        Router router = Router.to(policy.to(destination.destination()));
        Dialogue client = clientOf(proxy(ENDPOINT, router)).hears("220").says("EHLO client.test");
        List<String> offered = client.reply();
        assertThat(offered.contains("250-AUTH=EXTERNAL")).isEqualTo(passes);
        client.says("AUTH EXTERNAL =").hears(passes ? WELCOME : "504 5.5.4");
    }

    @Test
    void auth_without_an_argument_is_answered_by_the_destination() {
        destination.on("AUTH").reply("501 5.5.4 dest.test wants a mechanism");
        client().says("AUTH").hearsLine("501 5.5.4 dest.test wants a mechanism");
    }

    @Test
    void where_the_proxy_logs_in_itself_no_login_is_offered_or_taken() {
        destination.on("AUTH PLAIN").reply(WELCOME);
        destination.startTls(Certificate.LOCAL.shown());
        Router router =
                Router.to(destination.destination().startTls(StartTls.REQUIRED).credentials("alice", "open sesame"));
        Dialogue client = clientOf(proxy(ENDPOINT, router)).hears("220").says("EHLO client.test");
        assertThat(client.reply()).noneMatch(line -> line.contains("AUTH"));
        client.says("AUTH LOGIN").hears("502 5.5.1").envelope();
        assertThat(destination.heard("AUTH")).hasSize(1);
    }

    @Test
    void the_senders_identity_passes_on_mail() {
        client().says("AUTH PLAIN " + PLAIN)
                .hearsLine(WELCOME)
                .says("MAIL FROM:<a@client.test> AUTH=a+3Db@client.test")
                .hears("250");
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test> AUTH=a+3Db@client.test");
    }

    @Test
    void responses_sent_too_early_are_still_answers_and_no_commands() {
        client().saysTogether("AUTH LOGIN", "YWxpY2U=", "b3BlbiBzZXNhbWU=")
                .hears("334")
                .hears("334")
                .hearsLine(WELCOME);
    }
}
